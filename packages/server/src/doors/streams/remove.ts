import { absenceError } from '../../broker/absence_error.ts';
import { deleteStream } from '../../broker/delete_stream.ts';
import type { StreamVerb } from './stream_request.ts';

/** DELETE (Durable Streams protocol, section 5.4). A stream that forks still read is deleted softly. */
export const remove: StreamVerb = async (broker, { stream }) => {
  broker.checkReady();
  const outcome = await deleteStream(broker, stream);
  if (outcome !== 'deleted') throw absenceError(stream, outcome);
  return { status: 204, headers: {} };
};
