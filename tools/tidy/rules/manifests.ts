import { arrows } from '../arrows_table.ts';
import type { Finding, Rule } from '../finding.ts';

type Manifest = Readonly<Record<string, unknown>>;

/**
 * Every package says what it is and under which licence, is drawn in the arrows table and depends on no more than
 * its arrows; every other dependency has a row, with its reason, in ARCHITECTURE.md.
 */
export const checkManifests: Rule = (tree) => {
  const reasons = tree.text('ARCHITECTURE.md');
  const findings: Finding[] = [];
  for (const path of tree.paths(/^(?:packages\/[^/]+\/)?package\.json$/)) {
    const manifest = JSON.parse(tree.text(path)) as Manifest;
    const object = (message: string) => findings.push({ path, line: 1, rule: 'manifest', message });
    for (const field of ['name', 'version', 'description', 'license', 'engines']) {
      if (manifest[field] === undefined) object(`has no ${field}`);
    }
    const home = path.split('/')[1];
    if (home !== undefined && !arrows.has(home)) object(`${home} is not in the arrows table`);
    for (const [name, version] of dependenciesOf(manifest)) {
      if (!/^\d+\.\d+\.\d+/.test(version)) object(`${name} is not pinned: ${version}`);
      const ours = /^@packetboat\/(.+)$/.exec(name)?.[1];
      if (ours === undefined) {
        if (!reasons.includes(`| \`${name}\` |`)) object(`${name} has no row in ARCHITECTURE.md`);
      } else if (home !== undefined && arrows.get(home)?.includes(ours) !== true) {
        object(`there is no arrow ${home} -> ${ours}`);
      }
    }
  }
  return findings;
};

function dependenciesOf(manifest: Manifest): [string, string][] {
  const lists = [manifest['dependencies'], manifest['devDependencies'], manifest['optionalDependencies']];
  return lists.flatMap((list) => Object.entries((list ?? {}) as Record<string, string>));
}
