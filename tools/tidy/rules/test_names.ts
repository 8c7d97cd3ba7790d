import { citedTests } from '../../promises/cited_tests.ts';
import { isKnownRow } from '../../promises/rows.ts';
import type { Finding, Rule } from '../finding.ts';

const naming = /\b(?:test|it|describe|suite)\(\s*$/;

/** Test names say what holds, and cite only rows that exist: docs/promises.md is made from them. */
export const checkTestNames: Rule = (tree) => {
  const findings: Finding[] = [];
  for (const { path, line, ids } of citedTests(tree)) {
    for (const id of ids) {
      if (!isKnownRow(id)) findings.push({ path, line, rule: 'names', message: `[${id}]: there is no such row` });
    }
  }
  for (const path of tree.paths(/\.test\.ts$/)) {
    const { code, literals } = tree.scan(path);
    for (const { at, text } of literals) {
      if (!naming.test(code.slice(Math.max(0, at - 40), at))) continue;
      const empty = /\b(?:should|works)\b/.exec(text)?.[0];
      if (empty === undefined) continue;
      findings.push({ path, line: tree.line(path, at), rule: 'names', message: `"${empty}": say what holds` });
    }
  }
  return findings;
};
