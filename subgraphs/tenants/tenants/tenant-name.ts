import { HeddleError } from '#core/errors.ts';
import { checkedText, isDuplicateKey } from '#core/input.ts';
import { checkedScripts, toLookAlikeKey } from '#core/text/look-alike.ts';
import { type TenantRecord, tenants } from '#mongo/tenants.ts';
import type { TenantsDeps } from '../deps.ts';

/** The fields of a record with a name that is in use. */
export function toTenantName(name: string): Required<Pick<TenantRecord, 'name' | 'nameKey'>> {
  return { name, nameKey: toLookAlikeKey(name) };
}

/** The name of an input, as it is stored. BAD_USER_INPUT for one that can look like another whatever that is. */
export function checkedTenantName(name: string, field: string): ReturnType<typeof toTenantName> {
  return toTenantName(checkedScripts(checkedText(name, field), field));
}

/** Awaits a write of a tenant with this name; CONFLICT where another tenant has it, or one that looks the same. */
export async function orNameConflict<T>(
  write: PromiseLike<T>,
  name: string,
  { connection }: Pick<TenantsDeps, 'connection'>,
  whatToDo = '',
): Promise<T> {
  try {
    return await write;
  } catch (cause) {
    if (!isDuplicateKey(cause)) throw cause;
    const isSame = (await tenants(connection).exists({ name })) !== null;
    const problem = isSame
      ? `There is a tenant named ${JSON.stringify(name)} already`
      : `There is a tenant already whose name looks like ${JSON.stringify(name)}`;
    throw new HeddleError('CONFLICT', `${problem}${whatToDo === '' ? '' : `: ${whatToDo}`}.`, { cause });
  }
}
