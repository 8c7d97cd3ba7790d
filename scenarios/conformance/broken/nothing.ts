/** Nothing passes. */
export const nothing = () => [];
