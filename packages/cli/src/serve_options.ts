import type { DataOptions } from './data_folder.ts';
import type { LogOptions } from './open_log.ts';
import type { JsonOptions } from './options.ts';

/** The options of `packetboat serve`, parsed. */
export interface ServeOptions extends DataOptions, LogOptions, JsonOptions {
  /** Where records are kept. @default 'embedded' */
  readonly store: 'embedded' | 'memory';
  readonly host: string;
  readonly port: number;
  readonly portFile?: string;
  readonly insecure?: boolean;
  readonly allowedHosts?: readonly string[];
  readonly publicUrl?: string;
  /** Origins whose pages may use the server. */
  readonly corsOrigin?: readonly string[];
  readonly webhooks?: boolean;
  readonly webhookHosts?: readonly string[];
  readonly webhooksAllowLoopback?: boolean;
  readonly heartbeatMs: number;
  readonly windowMs: number;
  readonly sensor?: string;
  readonly interval: number;
  readonly walBytesMax?: number;
  readonly ballastBytes?: number;
  readonly checkConfig?: boolean;
}
