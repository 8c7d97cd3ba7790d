import type { IncomingMessage } from 'node:http';

/**
 * Where clients reach this server, for the links in an answer: as configured, else by the name that the request used. What
 * a proxy adds to requests (`Forwarded`, `X-Forwarded-Proto`) is not believed: anybody can send it.
 *
 * @param publicUrl `https://boat.example`, for a server behind a proxy that ends TLS.
 */
export function requestOrigin({ headers }: IncomingMessage, publicUrl: string | undefined): string {
  return publicUrl ?? `http://${headers.host ?? ''}`;
}
