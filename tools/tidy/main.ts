/** `npm run tidy`: holds the tree to the rules in rules/. One line per finding, exit code 1 if there is any. */
import { SourceTree } from '../source/source_tree.ts';
import { checkArrows } from './rules/arrows.ts';
import { checkBannedCalls } from './rules/banned_calls.ts';
import { checkBannedWords } from './rules/banned_words.ts';
import { checkFileSize } from './rules/file_size.ts';
import { checkLockfile } from './rules/lockfile.ts';
import { checkManifests } from './rules/manifests.ts';
import { checkTestNames } from './rules/test_names.ts';

const rules = [
  checkArrows,
  checkBannedCalls,
  checkBannedWords,
  checkFileSize,
  checkLockfile,
  checkManifests,
  checkTestNames,
];
/** Lines beyond which a file is asked whether it is one thing. */
const linesSoft = 300;

const tree = SourceTree.read(new URL('../..', import.meta.url).pathname);
const findings = rules.flatMap((rule) => rule(tree));
for (const { path, line, rule, message } of findings) console.log(`${path}:${line} ${rule} ${message}`);

const sources = tree.paths(/\.(?:ts|js)$/);
const long = sources.filter((path) => tree.text(path).split('\n').length > linesSoft);
if (long.length > 0) console.log(`Over ${linesSoft} lines (is each one thing?): ${long.join(' ')}`);
console.log(`${sources.length} source files, ${findings.length} findings`);
process.exitCode = findings.length === 0 ? 0 : 1;
