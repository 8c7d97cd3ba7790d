import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { type ScannedSource, scanSource } from './scan_source.ts';

/** Folders that hold nothing of ours, wherever they stand. */
const foreignFolders = new Set(['node_modules', '.git', 'data', 'tmp', '.packetboat']);
const textFile =
  /(?:\.(?:ts|js|mjs|json|md|yaml|yml|toml|sh|service|txt|html)|\/(?:run|packages|Dockerfile|LICENSE|\.[a-z]+))$/;

/** The text files of the repository. Rules take one, so that tests can hand them a small one. */
export class SourceTree {
  /** Absolute path of the repository. */
  readonly root: string;
  /** Path (from the root, with `/`) → text. */
  readonly files: ReadonlyMap<string, string>;
  readonly #scanned = new Map<string, ScannedSource>();

  constructor(files: ReadonlyMap<string, string>, root: string) {
    this.files = files;
    this.root = root;
  }

  /** Reads the repository at `root`. */
  static read(root: string): SourceTree {
    const files = new Map<string, string>();
    const folders = [''];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.isDirectory() && !foreignFolders.has(entry.name)) folders.push(path);
        if (entry.isFile() && textFile.test(`/${path}`)) files.set(path, readFileSync(join(root, path), 'utf8'));
      }
    }
    const ordered = [...files].toSorted(([one], [other]) => (one < other ? -1 : 1));
    return new SourceTree(new Map(ordered), realpathSync(root));
  }

  /** Paths that match, in order. */
  paths(pattern: RegExp): string[] {
    return [...this.files.keys()].filter((path) => pattern.test(path));
  }

  text(path: string): string {
    return this.files.get(path) ?? '';
  }

  /** The file taken apart into code and literals. */
  scan(path: string): ScannedSource {
    let scanned = this.#scanned.get(path);
    if (scanned === undefined) this.#scanned.set(path, (scanned = scanSource(this.text(path))));
    return scanned;
  }

  /** Line number, from 1, of an offset in a file. */
  line(path: string, at: number): number {
    return this.text(path).slice(0, at).split('\n').length;
  }
}
