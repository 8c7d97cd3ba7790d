import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers one request. A rejection is answered from the errors table. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** What stands at a path, or at all paths below one. */
export interface Door {
  /** What may be done to `path`, HEAD included, OPTIONS not; empty when there is nothing. */
  methods(path: string): readonly string[];
  /** Answers a request by one of those methods. */
  readonly handle: Handler;
}

/** A door with one handler for each method, whatever the path. HEAD is answered by GET's. */
export function doorOf(handlers: Readonly<Record<string, Handler>>): Door {
  const byMethod = new Map(Object.entries(handlers));
  const methods = [...byMethod.keys()].flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  return {
    methods: () => methods,
    handle: async (request, response) => {
      const { method = '' } = request;
      await byMethod.get(method === 'HEAD' ? 'GET' : method)?.(request, response);
    },
  };
}
