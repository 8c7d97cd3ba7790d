import type { IncomingMessage } from 'node:http';
import type { Broker } from '../broker/broker.ts';
import type { Door } from '../doors/door.ts';
import { pathOf } from '../doors/http_server.ts';
import { readBody } from '../doors/read_body.ts';
import { requestOrigin } from '../doors/request_origin.ts';
import { headerOf } from '../doors/streams/header_of.ts';
import { writeAnswer } from '../doors/streams/write_answer.ts';
import { errorAnswer } from './error_answer.ts';
import { type ControlRequest, SubscriptionRoutes } from './subscription_routes.ts';
import type { Subscriptions } from './subscriptions.ts';

/**
 * The control routes over HTTP. The routes themselves say what is not found and not allowed, in their own form.
 *
 * @param publicUrl See `requestOrigin`.
 */
export function subscriptionDoor(broker: Broker, subscriptions: Subscriptions, publicUrl?: string): Door {
  const routes = new SubscriptionRoutes(broker, subscriptions);
  const { slowReaderMs } = broker.limits;
  const { timers } = broker.world;
  return {
    methods: () => ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
    handle: async (request, response) => {
      const { method = '' } = request;
      const answer = await readBody(request, response, broker).then(
        (body) => routes.answer(controlRequestOf(request, body, requestOrigin(request, publicUrl))),
        (error) => errorAnswer(error, broker),
      );
      // What is left of the body is not read: the connection cannot go on.
      if (!request.complete) response.setHeader('Connection', 'close');
      await writeAnswer(response, answer, { timers, slowReaderMs, bodiless: method === 'HEAD' });
    },
  };
}

function controlRequestOf(request: IncomingMessage, body: Uint8Array, origin: string): ControlRequest {
  return { method: request.method ?? '', path: pathOf(request), origin, header: headerOf(request), body };
}
