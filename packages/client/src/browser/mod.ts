/** The front door of `@packetboat/client/browser`: what the SDK offers to pages beyond what runs everywhere. */
export type { BrowserPlatform } from './browser_platform.ts';
export { type BrowserSpoolOptions, openBrowserSpool } from './open_browser_spool.ts';
