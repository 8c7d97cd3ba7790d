/** Serves a memory store in a process of its own, for tests that limit a whole process. Prints the URL. */
import { MemoryStore } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { startServer } from '../start_server.ts';

const server = await startServer({ store: new MemoryStore({ world: nodeWorld }), world: nodeWorld, port: 0 });
process.stdout.write(`${server.url}\n`);
