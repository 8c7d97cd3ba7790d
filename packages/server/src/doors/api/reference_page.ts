import { createHash } from 'node:crypto';
import type { Answer, OpenApiDocument, Operation, Parameter, PathItem } from './describe_path.ts';
import { Html, html, inline, prose } from './html.ts';
import { fieldsOf, rowOf, typeOf } from './reference_schema.ts';
import { referenceStyle } from './reference_style.ts';

type Body = Exclude<NonNullable<Operation['requestBody']>, { $ref: string }>;

/** One operation, and where it stands. */
interface Place {
  readonly verb: string;
  readonly path: string;
  readonly item: PathItem;
  readonly operation: Operation;
}

const verbs = ['get', 'head', 'put', 'post', 'delete'] as const;

/** What a browser may do with the page: show it, with this one style. */
export const referencePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(referenceStyle).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The OpenAPI document as a page to read: no script, nothing fetched from elsewhere. */
export function referencePage(document: OpenApiDocument): string {
  const { info, tags = [], paths = {} } = document;
  const places = Object.entries(paths).flatMap(([path, item]) => placesAt(path, item));
  const sections = tags.map((tag) => ({
    ...tag,
    places: places.filter(({ operation }) => operation.tags?.includes(tag.name)),
  }));
  const schemas = Object.entries(document.components?.schemas ?? {});
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${info.title} API</title>
<style>${new Html(referenceStyle)}</style>
</head>
<body>
<header>
<h1>${info.title} API <small>${info.version}</small></h1>
${prose(info.description ?? '')}
<p><a href="/openapi.json">OpenAPI document</a></p>
</header>
<nav aria-label="Operations">${sections.map(
    ({ name, places: listed }) => html`<h2><a href="#${name}">${name}</a></h2><ul>${listed.map(link)}</ul>`,
  )}</nav>
<main>
${sections.map(
  ({ name, description, places: shown }) => html`<section id="${name}"><h2>${name}</h2>${prose(description ?? '')}
${shown.map((place) => operationOf(document, place))}</section>`,
)}
<section id="documents"><h2>documents</h2>
${schemas.map(
  ([name, schema]) => html`<article id="schema-${name}"><h3>${name}</h3>${prose(schema.description ?? '')}
${fieldsOf(schema)}</article>`,
)}</section>
</main>
</body>
</html>
`;
  return page.text;
}

function placesAt(path: string, item: PathItem): Place[] {
  return verbs.flatMap((verb) => {
    const operation = item[verb];
    return operation === undefined ? [] : [{ verb: verb.toUpperCase(), path, item, operation }];
  });
}

function link({ operation, verb, path }: Place): Html {
  return html`<li><a href="#${operation.operationId ?? ''}"><b>${verb}</b> ${path}</a></li>`;
}

function operationOf(document: OpenApiDocument, { verb, path, item, operation }: Place): Html {
  const { operationId = '', summary = '', description = '' } = operation;
  const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])];
  const body = operation.requestBody;
  const answers = Object.entries(operation.responses ?? {});
  return html`<article id="${operationId}">
<h3><b>${verb}</b> <code>${path}</code></h3>
<p class="summary">${inline(summary)}. <small>${operationId}${grantOf(operation)}</small></p>
${description === '' ? [] : prose(description)}
${parameters.length === 0 ? [] : parameterTable(parameters.map((each) => resolve<Parameter>(document, each)))}
${body === undefined || '$ref' in body ? [] : bodyOf(body)}
<h4>Answers</h4>
<dl>${answers.map(([status, answer]) => answerOf(status, resolve<Answer>(document, answer)))}</dl>
</article>`;
}

function grantOf(operation: Operation): string {
  const grant: unknown = operation['x-packetboat-grant'];
  return typeof grant === 'string' ? ` · grant: ${grant}` : '';
}

function parameterTable(parameters: readonly Parameter[]): Html {
  const rows = parameters.map(({ name, in: where, required, description, schema }) =>
    rowOf(name, html`${where}, ${typeOf(schema ?? {})}`, required === true, html`${inline(description ?? '')}`),
  );
  return html`<h4>Parameters</h4>
<table><tbody>${rows}</tbody></table>`;
}

function bodyOf({ description, content }: Body): Html {
  const kinds = Object.entries(content).map(
    ([type, { schema }]) => html`<p><code>${type}</code></p>${schema === undefined ? [] : fieldsOf(schema)}`,
  );
  return html`<h4>Body</h4>
${description === undefined ? [] : prose(description)}${kinds}`;
}

function answerOf(status: string, { description, headers = {}, content = {} }: Answer): Html {
  const bodies = Object.entries(content).map(([type, { schema }]) => {
    if (schema === undefined) return html`<p><code>${type}</code></p>`;
    if ('$ref' in schema) return html`<p><code>${type}</code>: ${typeOf(schema)}</p>`;
    return html`<p><code>${type}</code></p>${fieldsOf(schema)}`;
  });
  const rows = Object.entries(headers).map(([name, header]) => {
    const about = '$ref' in header ? '' : (header.description ?? '');
    return rowOf(name, html`header`, false, html`${inline(about)}`);
  });
  return html`<dt>${status}</dt>
<dd>${prose(description ?? '')}${bodies}<table><tbody>${rows}</tbody></table></dd>`;
}

/** What a reference points to, in the components of the document. */
function resolve<Found>(document: OpenApiDocument, value: Found | { readonly $ref: string }): Found {
  if (typeof value !== 'object' || value === null || !('$ref' in value)) return value;
  const [kind = '', name = ''] = value.$ref.split('/').slice(-2);
  const components = new Map(Object.entries(document.components ?? {}));
  return new Map(Object.entries(components.get(kind) ?? {})).get(name) as Found;
}
