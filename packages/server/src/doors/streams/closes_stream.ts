import type { StreamRequest } from './stream_request.ts';

/** Whether the request closes the stream: every other value counts as absence (Durable Streams protocol, section 4.1). */
export function closesStream(request: Pick<StreamRequest, 'header'>): boolean {
  return request.header('stream-closed')?.toLowerCase() === 'true';
}
