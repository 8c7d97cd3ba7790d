/** The door for tests and the simulator: the engine's logic over a disk in memory that fails on command. */
export { decodeMapRow } from './store/engine_state.ts';
export { EngineStore, type EngineStoreOptions } from './store/testing/engine_store.ts';
export { type CommitFault, Crash, MemoryDisk, type StoredRow, type WrittenRows } from './store/testing/memory_disk.ts';
