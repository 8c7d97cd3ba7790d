import type { Rule } from '../finding.ts';

/** Lines of one source file: beyond it nobody reads it in one sitting. */
const linesMax = 500;

/** No source file is longer than 500 lines. (Functions: oxlint's `max-lines-per-function`.) */
export const checkFileSize: Rule = (tree) =>
  tree
    .paths(/\.(?:ts|js)$/)
    .map((path) => ({ path, line: tree.text(path).trimEnd().split('\n').length }))
    .filter(({ line }) => line > linesMax)
    .map(({ path, line }) => ({ path, line, rule: 'size', message: `${line} lines are over ${linesMax}: split it` }));
