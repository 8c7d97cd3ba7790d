/**
 * Cases of the published suite that are wrong, by name, with the clause of the protocol that says so. One that fails is
 * told and does not count; one that passes has to leave this list.
 */
export const disputedCases: ReadonlyMap<string, string> = new Map();
