/** The front door of `@packetboat/engine-sqlite`: the embedded store and the on-disk spool. */
export { type FolderLock, type FolderRole, lockFolder } from './folder_lock.ts';
