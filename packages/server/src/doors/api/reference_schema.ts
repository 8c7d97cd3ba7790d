import type { Schema } from './describe_path.ts';
import { type Html, html, inline } from './html.ts';

type SchemaOrRef = Schema | { readonly $ref: string };

/** A schema in a few words. */
export function typeOf(schema: SchemaOrRef): Html {
  if ('$ref' in schema) {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  if (schema.items !== undefined) return html`list of ${typeOf(schema.items)}`;
  if (schema.enum !== undefined) return html`${schema.enum.map(String).join(' | ')}`;
  if ('const' in schema) return html`${String(schema.const)}`;
  return html`${String(schema.type ?? 'anything')}`;
}

/** The fields of an object as a table. */
export function fieldsOf(schema: SchemaOrRef): Html {
  if ('$ref' in schema) return html`<p>${typeOf(schema)}</p>`;
  const required = new Set(schema.required);
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const about = '$ref' in field ? '' : (field.description ?? '');
    return rowOf(name, typeOf(field), required.has(name), html`${inline(about)}${inner(field)}`);
  });
  return html`<table><tbody>${rows}</tbody></table>`;
}

/** A row of a table: a name, of which kind it is, and what it means. */
export function rowOf(name: string, kind: Html, required: boolean, about: Html): Html {
  const marks = html`<small>${kind}${required ? ', required' : ''}</small>`;
  return html`<tr><th scope="row"><code>${name}</code><br>${marks}</th><td>${about}</td></tr>`;
}

/** What a field consists of: the fields of an object, of the objects in a list, or the cases of a choice. */
function inner(schema: SchemaOrRef): Html[] {
  if ('$ref' in schema) return [];
  if (schema.properties !== undefined) return [fieldsOf(schema)];
  if (schema.items !== undefined && !('$ref' in schema.items)) return [fieldsOf(schema.items)];
  const cases = (schema.oneOf ?? []).map((each) => {
    const about = '$ref' in each ? '' : (each.description ?? '');
    return html`<dt><code>${typeOf(each)}</code></dt><dd>${inline(about)}</dd>`;
  });
  return cases.length === 0 ? [] : [html`<dl>${cases}</dl>`];
}
