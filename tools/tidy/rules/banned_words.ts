import { userInfo } from 'node:os';
import type { Finding, Rule } from '../finding.ts';

interface BannedWord {
  readonly pattern: RegExp;
  readonly why: string;
}

/** Words that tell of unfinished work, or of the machine a line was written on. Anywhere, also in documents. */
const inText: readonly BannedWord[] = [
  { pattern: /\b(?:TODO|FIXME|XXX)\b/g, why: 'finish it, or describe it in the issue tracker' },
  {
    pattern: /\bstub(?:s|bed)?\b|\bnot implemented\b|\bfor now\b/gi,
    why: 'unfinished work does not stay in the tree',
  },
  { pattern: /@ts-(?:ignore|expect-error|nocheck)\b/g, why: 'mend the types' },
  { pattern: /\b(?:oxlint|eslint)-disable|\bbiome-ignore\b/g, why: 'mend what the linter objects to' },
  { pattern: /\bregistry\.(?!test\.ts)[a-z0-9-]+\.[a-z]{2,}/g, why: 'no registry is named: everyone has their own' },
  { pattern: /(?<![\w.])\/(?:home|Users)\/[a-z]\w*/g, why: 'a path of somebody’s machine' },
];

/** The same in code proper, where comments and text may use the words. */
const inCode: readonly BannedWord[] = [
  { pattern: /\bas any\b|:\s*any\b|<any\b|\bany\[\]/g, why: '`any` turns the types off: use unknown and check' },
  { pattern: /\b(?:test|it|describe|suite)\.(?:only|skip|todo)\b|\bonly:\s*true/g, why: 'every test runs' },
  { pattern: /\bskip:\s*true\b|\.skip\(\s*\)/g, why: 'a skipped test says why: skip: "reason"' },
];

/** Not ours to word, or the words themselves. */
const exempt = /^LICENSE$|^package-lock\.json$|^tools\/tidy\/rules\/banned_words\b/;

/** Unfinished work, silenced checks and traces of a machine do not enter the tree. */
export const checkBannedWords: Rule = (tree) => {
  const ownPaths = [tree.root, userInfo().homedir].filter((path) => path.split('/').length > 2);
  const findings: Finding[] = [];
  const look = (path: string, text: string, words: readonly BannedWord[]) => {
    for (const { pattern, why } of words) {
      for (const match of text.matchAll(pattern)) {
        findings.push({ path, line: tree.line(path, match.index), rule: 'words', message: `"${match[0]}": ${why}` });
      }
    }
  };
  for (const [path, text] of tree.files) {
    if (exempt.test(path)) continue;
    look(path, text, inText);
    for (const own of ownPaths) {
      const at = text.indexOf(own);
      if (at >= 0) findings.push({ path, line: tree.line(path, at), rule: 'words', message: 'a path of this machine' });
    }
    if (/\.(?:ts|js)$/.test(path)) look(path, tree.scan(path).code, inCode);
  }
  return findings;
};
