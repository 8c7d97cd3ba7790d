/** The SDK's docs are examples that run: each is type-checked, then run against a real server. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inspect, promisify } from 'node:util';
import { nodeWorld } from '@packetboat/core/node';
import { openStore } from '@packetboat/engine-sqlite';
import { startServer } from '@packetboat/server';
import { tempFolder } from '../support/temp_folder.ts';

const runFile = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const sources = join(root, 'packages/client/src');
/** The server's address as the docs write it. */
const writtenUrl = /'http:\/\/127\.0\.0\.1:8000'/g;

/** What a docstring's example finds when it begins; `client` is connected. */
const given: Readonly<Record<string, string>> = {
  producer: "const manyLines = ['one\\n', 'two\\n', 'three\\n'];",
  // The example reads for as long as there is something to come: of a closed stream it sees the end.
  reader: `const before = await client.producer('sensors/paul', { create: true });
    await before.publish('first');
    await before.close();
    await client.streams.close('sensors/paul');`,
  cursors: `const before = await client.producer('sensors/paul', { create: true });
    await before.publish('first');
    const earlier = client.read('sensors/paul', { cursor: 'printer', untilCaughtUp: true });
    for await (const _ of earlier);
    await earlier.commit();`,
};

/** What an example prints, when it prints. */
const printed: Readonly<Record<string, RegExp>> = {
  sequence: /^0 \d+\n1 \d+\n/,
  reader: /^0 first\n$/,
  streams: /^sensors\/paul\n$/,
};

interface Program {
  readonly name: string;
  readonly text: string;
}

const folder = await tempFolder();

before(async () => {
  // As in a user's folder: modules are found in node_modules above the program.
  await symlink(join(root, 'node_modules'), join(folder.path, 'node_modules'));
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: { noUnusedLocals: false },
    include: ['*.ts'],
  };
  await writeFile(join(folder.path, 'tsconfig.json'), JSON.stringify(config));
  await writeFile(join(folder.path, 'package.json'), '{ "type": "module" }');
});

after(() => folder[Symbol.asyncDispose]());

/** The blocks of code in a text of Markdown. */
function codeBlocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] ?? '');
}

/** The docstrings of a source file as Markdown. */
function docstrings(source: string): string {
  return [...source.matchAll(/\/\*\*.*?\*\//gs)].map(([text]) => text.replaceAll(/^ *\* ?/gm, '')).join('\n');
}

/** A whole program: imports first, and a client, if the example does not make its own. */
function program(name: string, code: string): Program {
  const lines = code.split('\n');
  const imports = lines.filter((line) => line.startsWith('import '));
  const rest = lines.filter((line) => !line.startsWith('import '));
  const own = /^(?:const|await using) client = /m.test(code);
  if (!imports.some((line) => line.includes("'@packetboat/client'"))) {
    imports.push("import { connect } from '@packetboat/client';");
  }
  const client = own ? [] : ["await using client = await connect('http://127.0.0.1:8000');"];
  return { name, text: [...imports, ...client, given[name] ?? '', ...rest].join('\n') };
}

async function docstringPrograms(): Promise<Program[]> {
  const programs: Program[] = [];
  for (const file of (await readdir(sources)).filter((name) => /(?<!\.test)\.ts$/.test(name)).toSorted()) {
    const blocks = codeBlocks(docstrings(await readFile(join(sources, file), 'utf8')));
    for (const block of blocks) programs.push(program(file.replace('.ts', ''), block));
  }
  return programs;
}

/** Runs a program against a server and store of its own, and returns what it printed. */
async function runProgram({ name, text }: Program, context: TestContext): Promise<string> {
  const store = await openStore({ folder: join(folder.path, `data-${name}`), world: nodeWorld });
  const server = await startServer({ store, world: nodeWorld, port: 0 });
  const lines: string[] = [];
  const log = context.mock.method(console, 'log', (...values: unknown[]) => {
    lines.push(values.map((value) => (typeof value === 'string' ? value : inspect(value))).join(' '));
  });
  try {
    const path = join(folder.path, `${name}-run.ts`);
    await writeFile(path, text.replaceAll(writtenUrl, `'${server.url}'`));
    await import(pathToFileURL(path).href);
    return lines.map((line) => `${line}\n`).join('');
  } finally {
    log.mock.restore();
    await server.stop();
    await store.close();
  }
}

async function checkTypes(programs: readonly Program[]): Promise<void> {
  for (const { name, text } of programs) await writeFile(join(folder.path, `${name}.ts`), text);
  const compiler = join(root, 'node_modules/.bin/tsc');
  await runFile(compiler, ['-p', folder.path]).catch((error: { stdout?: string }) => assert.fail(error.stdout));
}

test('SDK docs: every example in a docstring has its types right, runs and ends', async (context) => {
  const programs = await docstringPrograms();
  const names = programs.map(({ name }) => name);
  assert.deepEqual(names, ['channel', 'connect', 'cursors', 'outbox', 'producer', 'reader', 'sequence', 'streams']);
  await checkTypes(programs);
  for (const each of programs) {
    await context.test(`SDK docs: ${each.name}`, async (inner) => {
      assert.match(await runProgram(each, inner), printed[each.name] ?? /^$/);
    });
  }
});

test('SDK docs: the program in the README runs', async (context) => {
  const readme = program('readme', codeBlocks(await readFile(join(root, 'README.md'), 'utf8')).join('\n'));
  await checkTypes([readme]);
  assert.equal(await runProgram(readme, context), '0 hello from a program\n');
});

test('SDK docs: the guide is one program that runs as it says', async (context) => {
  const page = await readFile(join(root, 'docs/sdk.md'), 'utf8');
  const guide = program('guide', codeBlocks(page).join('\n'));
  await checkTypes([guide]);
  const output = await runProgram(guide, context);
  const expected = [
    /^disk 1 907060870$/m, // CRC-32 of "hello"
    /^staleEpoch$/m,
    /^0 \d+n hello\n1 \d+n record 0\n2 \d+n record 1\ncaughtUp \{ offset: 1002, checksum: \d+ \}\ntrue\ntrue$/m,
    /^up to 0: 1 records are gone, retention$/m,
    /^notFound false Create the stream first/m,
    /^left the harbour has number 0\n0 wait, 1 acknowledged$/m,
    /^are you listening\?$/m,
    /^connecting 0 undefined undefined undefined\nconnected undefined undefined false undefined\nconnected\nclosed/m,
    /^rooms\/lobby 1003$/m,
  ];
  for (const pattern of expected) assert.match(output, pattern);
});
