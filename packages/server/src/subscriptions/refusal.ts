/** Why a request is refused, and with which HTTP status (Durable Streams protocol, sections 6 and 7). */
export const refusalStatus = Object.freeze({
  INVALID_REQUEST: 400,
  WEBHOOK_URL_REJECTED: 400,
  TOKEN_INVALID: 401,
  NOT_FOUND: 404,
  SUBSCRIPTION_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  SUBSCRIPTION_ALREADY_EXISTS: 409,
  FENCED: 409,
  ALREADY_CLAIMED: 409,
  NO_PENDING_WORK: 409,
  INVALID_OFFSET: 409,
  LIMIT_REACHED: 429,
} as const);

/** A request that is refused: an outcome of the protocol, as a value. */
export interface Refusal {
  readonly refused: keyof typeof refusalStatus;
  readonly message: string;
  /** Who holds the wake, when somebody else does. */
  readonly current_holder?: string;
  readonly generation?: number;
}

/** Whether `outcome` is a {@linkcode Refusal}. */
export function isRefusal(outcome: object): outcome is Refusal {
  return 'refused' in outcome;
}
