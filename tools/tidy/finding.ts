import { SourceTree } from '../source/source_tree.ts';

/** One thing a rule objects to. */
export interface Finding {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

/** A rule looks at the whole tree and tells what it objects to. */
export type Rule = (tree: SourceTree) => Finding[];

/** Findings of `rule` in a small tree, as `path:line message`: for the tests of rules. */
export function findingsIn(rule: Rule, files: Record<string, string>, root = '/somewhere'): string[] {
  const tree = new SourceTree(new Map(Object.entries(files)), root);
  return rule(tree).map((finding) => `${finding.path}:${finding.line} ${finding.message}`);
}
