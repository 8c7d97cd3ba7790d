/** A command's surroundings in a test: virtual time, no files, and all it says kept. */
import { EventEmitter } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { VirtualWorld } from '@packetboat/core/testing';
import type { Context } from '../context.ts';
import { Interruption } from '../interruption.ts';
import { Terminal } from '../terminal.ts';

/** What a test may look at beside the context. */
export interface TestContext extends Context {
  readonly virtual: VirtualWorld;
  readonly stdin: PassThrough;
  /** Raise signals with `emit('SIGINT', 'SIGINT')`. */
  readonly process: EventEmitter & { exits: number[]; exit(code: number): void };
  readonly said: { stdout: string; stderr: string };
}

/** @param env Environment variables. @default none, and a config folder that does not exist */
export function testContext(env: Record<string, string> = {}): TestContext {
  const virtual = new VirtualWorld();
  const said = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr'): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        said[name] += chunk.toString();
        done();
      },
    });
  const terminal = new Terminal(stream('stdout'), stream('stderr'));
  const source = Object.assign(new EventEmitter(), {
    exits: [] as number[],
    exit(code: number): void {
      this.exits.push(code);
    },
  });
  return {
    world: virtual.world,
    virtual,
    env,
    terminal,
    teller: terminal,
    stdin: new PassThrough(),
    process: source,
    interruption: new Interruption(source, virtual.world),
    said,
    exitCode: 0,
  };
}
