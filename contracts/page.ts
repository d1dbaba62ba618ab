// How a list is asked for and answered: a limit, an opaque cursor, the items and the cursor of the rest.
import { type TProperties, type TSchema, Type } from 'typebox';
import { closed, Nullable } from './wire.js';

export const MAX_PAGE = 200;
export const DEFAULT_PAGE = 50;

/** Query of a list: `limit`, `cursor` and the filters of the list. */
export const PageQuery = <P extends TProperties>(filters: P) =>
  Type.Object(
    {
      limit: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: MAX_PAGE,
          default: DEFAULT_PAGE,
          description: `Most items of one answer, at most ${MAX_PAGE}`,
        }),
      ),
      cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 1000, description: '`next` of a page' })),
      ...filters,
    },
    closed,
  );

export const PageOf = <T extends TSchema>(items: T) =>
  Type.Object(
    {
      items: Type.Array(items, { maxItems: MAX_PAGE }),
      next: Nullable(
        Type.String({ maxLength: 1000, description: 'Cursor of the next page; null at the end' }),
      ),
    },
    closed,
  );
