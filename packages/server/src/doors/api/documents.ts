import { doorOf, type Door } from '../door.ts';
import type { apiApp } from './api_app.ts';
import { openApiDocument } from './openapi_document.ts';
import { referencePage, referencePolicy } from './reference_page.ts';

/** What describes this server over HTTP, made once. */
export interface Documents {
  /** The OpenAPI document. */
  readonly openapi: Door;
  /** The same as a page to read. */
  readonly reference: Door;
}

export function documentsOf(app: ReturnType<typeof apiApp>): Documents {
  const document = openApiDocument(app);
  return {
    openapi: fixed(JSON.stringify(document), { 'Content-Type': 'application/json' }),
    reference: fixed(referencePage(document), {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': referencePolicy,
      'Referrer-Policy': 'no-referrer',
    }),
  };
}

/** A document that never changes while the server runs; a newer server may have another. */
function fixed(text: string, headers: Readonly<Record<string, string>>): Door {
  const body = Buffer.from(text);
  return doorOf({
    GET: async (request, response) => {
      response.writeHead(200, { ...headers, 'Content-Length': body.length, 'Cache-Control': 'no-cache' });
      response.end(request.method === 'HEAD' ? undefined : body);
    },
  });
}
