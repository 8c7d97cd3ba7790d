/** The front door of `@packetboat/engine-sqlite`: the embedded store and the on-disk spool. */
export { type BackupOptions, backupStore } from './backup/backup_store.ts';
export { type RestoreOptions, restoreStore } from './backup/restore_store.ts';
export type { CheckProblem, CheckReport } from './check/check_report.ts';
export { type CheckOptions, checkStore } from './check/check_store.ts';
export { type FolderLock, type FolderRole, lockFolder } from './folder_lock.ts';
export type { Coarsen } from './spool/make_room.ts';
export { openSpool, type SpoolOptions } from './spool/open_spool.ts';
export { readSpoolStatus, type ReadSpoolStatusOptions } from './spool/read_spool_status.ts';
export { openStore, type StoreOptions } from './store/open_store.ts';
