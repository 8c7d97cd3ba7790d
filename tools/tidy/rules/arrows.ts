import { posix } from 'node:path';
import type { SourceTree } from '../../source/source_tree.ts';
import { arrows } from '../arrows_table.ts';
import type { Finding, Rule } from '../finding.ts';

/** Code in front of a literal that makes it a module's name. */
const importing = /(?:\bfrom|\bimport|\bimport\(|\bimport\.meta\.resolve\(|\bmock\.module\()\s*$/;
/** Back doors: the entrances of core beside its front door, and which files may use them. */
const testFile = /\.test\.ts$|\/testing\//;
/** The real clock, timers and chance: chosen at the top, and in the threads that the engine starts. */
const mayUseRealWorld = ['cli', 'conformance', 'engine-sqlite'];
/** Front doors beside a package's own: the real world, the system's limit on open files, and what only a browser has. */
const frontDoors = ['core/node', 'core/open-files', 'client/browser'];
/** Packages with a door for tests, which the simulator may use as well: it is one. */
const mayHaveTestingDoor = ['core', 'client', 'engine-sqlite'];
const isTest = (path: string): boolean => testFile.test(path) || path.startsWith('packages/simulator/');
/** Packages that must run in a browser. */
const browserSafe = ['core', 'client'];

/** Starts real processes for scenarios; the benchmark measures the same processes, the examples run against them. */
const scenarioSupport = 'scenarios/support/';
const startsProcesses = /^bench\/|^examples\/.*\.test\.ts$/;

interface Import {
  readonly path: string;
  readonly line: number;
  readonly name: string;
}

/** Packages import along the arrows of the table, by their front doors, and nothing beside their declared dependencies. */
export const checkArrows: Rule = (tree) => {
  const findings: Finding[] = [];
  for (const found of importsOf(tree)) {
    const message = objection(tree, found);
    if (message !== undefined) findings.push({ path: found.path, line: found.line, rule: 'arrows', message });
  }
  return findings;
};

function importsOf(tree: SourceTree): Import[] {
  const imports: Import[] = [];
  for (const path of tree.paths(/\.(?:ts|js)$/)) {
    const { code, literals } = tree.scan(path);
    for (const { at, text } of literals) {
      if (importing.test(code.slice(Math.max(0, at - 40), at)))
        imports.push({ path, line: tree.line(path, at), name: text });
    }
  }
  return imports;
}

function objection(tree: SourceTree, found: Import): string | undefined {
  const [top = '', own = ''] = found.path.split('/');
  const home = top === 'packages' ? own : undefined;
  if (found.name.startsWith('.')) {
    const target = posix.join(posix.dirname(found.path), found.name);
    const yard = home === undefined ? `${top}/` : `packages/${home}/`;
    if (startsProcesses.test(found.path) && target.startsWith(scenarioSupport)) return undefined;
    return target.startsWith(yard) ? undefined : `${found.name} leads out of ${yard}: import packages by name`;
  }
  if (found.name.startsWith('@packetboat/')) return arrowObjection(found, home);
  if (found.name.startsWith('node:')) return nodeObjection(found, home);
  return dependencyObjection(tree, found, home);
}

function arrowObjection(found: Import, home: string | undefined): string | undefined {
  const [, target = '', door] = found.name.split('/');
  if (!arrows.has(target)) return `there is no package ${found.name}`;
  if (door !== undefined) {
    const isFrontDoor =
      frontDoors.includes(`${target}/${door}`) || (door === 'testing' && mayHaveTestingDoor.includes(target));
    if (!isFrontDoor) return `${found.name} is no front door`;
    if (home !== undefined && !isTest(found.path)) {
      if (door === 'testing') return `${found.name} is for tests only`;
      if (door === 'node' && !mayUseRealWorld.includes(home))
        return `${home} takes its world as an argument: ${found.name} is not for it`;
    }
  }
  if (home === undefined || home === target || arrows.get(home)?.includes(target) === true) return undefined;
  return `there is no arrow ${home} -> ${target}`;
}

function nodeObjection(found: Import, home: string | undefined): string | undefined {
  if (home === undefined || !browserSafe.includes(home) || testFile.test(found.path)) return undefined;
  if (found.path.startsWith('packages/core/src/node/')) return undefined;
  return `${home} must run in a browser: ${found.name} does not exist there`;
}

function dependencyObjection(tree: SourceTree, found: Import, home: string | undefined): string | undefined {
  const parts = found.name.split('/');
  const name = found.name.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
  const own = home === undefined ? tree.paths(/^packages\/[^/]+\/package\.json$/) : [`packages/${home}/package.json`];
  if (home === undefined || testFile.test(found.path)) own.push('package.json');
  const declared = own.some((path) => declares(tree.text(path), name));
  return declared ? undefined : `${name} is not among the dependencies in ${own.join(', ')}`;
}

function declares(text: string, name: string): boolean {
  const manifest = JSON.parse(text || '{}') as Record<string, Record<string, string> | undefined>;
  const lists = [manifest['dependencies'], manifest['devDependencies'], manifest['optionalDependencies']];
  return lists.some((list) => list !== undefined && Object.hasOwn(list, name));
}
