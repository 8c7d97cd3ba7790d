import { getRequestListener } from '@hono/node-server';
import { PacketboatError } from '@packetboat/core';
import type { Door } from '../door.ts';
import type { apiApp } from './api_app.ts';

const verbs = ['GET', 'PUT', 'POST', 'DELETE'] as const;
/** What URLs resolve or cut away, in any spelling: it would lead to another path than the one that was checked. */
const resolvedAway = /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)|[\\#]/i;

/** The JSON API at its paths. Errors leave as rejections, like those of every other door. */
export function apiDoor(app: ReturnType<typeof apiApp>): Door {
  return {
    methods: (path) => {
      const done = verbs.filter((verb) => app.router.match(verb, path)[0].length > 0);
      return done.flatMap((verb) => (verb === 'GET' ? ['GET', 'HEAD'] : [verb]));
    },
    handle: async (request, response) => {
      checkTarget(request.url ?? '');
      let failure: unknown;
      const listener = getRequestListener(app.fetch, {
        overrideGlobalObjects: false,
        // Bodies are read to their end, or the connection is closed.
        autoCleanupIncoming: false,
        errorHandler: (error) => {
          failure = error;
        },
      });
      await listener(request, response);
      if (failure instanceof Error && failure.name === 'RequestError') {
        throw new PacketboatError('badRequest', `Host and path make no URL: ${failure.message}`);
      }
      if (failure !== undefined) throw failure;
    },
  };
}

/** @throws {PacketboatError} `badRequest` when the target does not decode to UTF-8, or could be taken for another. */
function checkTarget(target: string): void {
  try {
    decodeURIComponent(target);
  } catch {
    throw new PacketboatError('badRequest', 'The path or query holds a bad percent-encoding');
  }
  const [path = ''] = target.split('?', 1);
  if (resolvedAway.test(path))
    throw new PacketboatError('badName', 'A path has no "." and ".." parts, no "\\" and "#"');
}
