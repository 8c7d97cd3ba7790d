/** What tests of this and other packages may use: WebSockets without sockets, and a server that says what it is told to. */
export { FakeNetwork, type FakePeer } from './fake_network.ts';
export { MemoryServer } from './memory_server.ts';
export { ScriptedServer } from './scripted_server.ts';
