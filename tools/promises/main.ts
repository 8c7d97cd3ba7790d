/** `npm run promises` writes docs/promises.md; with `--check` it only compares, and fails when a row is not held. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SourceTree } from '../source/source_tree.ts';
import { pageFaults, pagePath, promisesPage } from './page.ts';

const root = join(import.meta.dirname, '../..');
const tree = SourceTree.read(root);
const page = promisesPage(tree);
const faults = pageFaults(tree);
if (process.argv.includes('--check')) {
  if (tree.text(pagePath) !== page) faults.push(`${pagePath} is stale: npm run promises`);
} else {
  mkdirSync(dirname(join(root, pagePath)), { recursive: true });
  writeFileSync(join(root, pagePath), page);
}
for (const fault of faults) console.log(fault);
process.exitCode = faults.length === 0 ? 0 : 1;
