/** The front door of `@packetboat/server`: a server over any store, and its middle without sockets. */
export { Broker, type BrokerOptions, type BrokerState } from './broker/broker.ts';
export type { ServerLog } from './server_log.ts';
export type { Link } from './connection/link.ts';
export { Connection } from './connection/connection.ts';
export { type Server, type ServerOptions, startServer } from './start_server.ts';
export type { WebhookOptions } from './subscriptions/webhook_target.ts';
