import type { SourceTree } from '../source/source_tree.ts';

/** A test whose name cites rows. */
export interface CitedTest {
  readonly path: string;
  readonly line: number;
  /** The name without its brackets; what varies between runs reads `…`. */
  readonly name: string;
  readonly ids: readonly string[];
}

const citations = /(?:\s*\[[A-Z][A-Za-z ]*\d+(?:\.\d+)?\])+$/;

/** Where tests live: beside the code, in the shared suites, and in the scenarios. */
export const testPaths = /\.test\.ts$|^packages\/core\/src\/testing\/|^scenarios\//;

/** All tests whose names end in citations such as `[P1] [F3]`. */
export function citedTests(tree: SourceTree): CitedTest[] {
  const tests: CitedTest[] = [];
  for (const path of tree.paths(testPaths)) {
    if (!path.endsWith('.ts') || path.startsWith('tools/')) continue;
    for (const { at, text } of tree.scan(path).literals) {
      const brackets = citations.exec(text)?.[0];
      if (brackets === undefined) continue;
      const ids = [...brackets.matchAll(/\[(.*?)\]/g)].map((match) => match[1] ?? '');
      tests.push({ path, line: tree.line(path, at), name: text.slice(0, -brackets.length).trim(), ids });
    }
  }
  return tests;
}
