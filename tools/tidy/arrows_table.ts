/**
 * Which package may import which: the arrows of ARCHITECTURE.md, which a test holds to this text.
 * An arrow not drawn here does not exist.
 */
export const arrowsTable = `\
core           -> nothing
client         -> core
engine-sqlite  -> core
proxy          -> core
server         -> core
agent          -> core, client, engine-sqlite
cli            -> core, client, engine-sqlite, proxy, server, agent
simulator      -> core, client, engine-sqlite, proxy, server, agent
conformance    -> core, client
`;

/** The table as a map: package → the packages it may import. */
export const arrows: ReadonlyMap<string, readonly string[]> = new Map(
  arrowsTable
    .trim()
    .split('\n')
    .map((row) => {
      const [name = '', targets = ''] = row.split('->').map((side) => side.trim());
      return [name, targets === 'nothing' ? [] : targets.split(', ')];
    }),
);
