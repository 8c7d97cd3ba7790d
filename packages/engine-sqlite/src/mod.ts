/** The front door of `@packetboat/engine-sqlite`: the embedded store and the on-disk spool. */
export { type FolderLock, type FolderRole, lockFolder } from './folder_lock.ts';
export type { Coarsen } from './spool/make_room.ts';
export { openSpool, type SpoolOptions } from './spool/open_spool.ts';
export { readSpoolStatus, type ReadSpoolStatusOptions } from './spool/read_spool_status.ts';
export { openStore, type StoreOptions } from './store/open_store.ts';
