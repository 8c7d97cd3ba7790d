import type { Engine } from './engine.ts';
import type { Lookup } from './questions.ts';

/** Answers from what the engine knows. @throws {PacketboatError} `damaged` */
export function lookUp(engine: Engine, question: Lookup): unknown {
  switch (question.kind) {
    case 'info':
      return engine.info(question.stream);
    case 'list':
      return engine.list(question.prefix, question.after, question.limit);
    case 'producer':
      return engine.producer(question.stream, question.id);
    case 'entry':
      return engine.entry(question.key);
    default:
      return engine.entries(question.prefix, question.after, question.limit);
  }
}
