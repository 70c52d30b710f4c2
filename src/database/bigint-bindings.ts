// biome-ignore-all lint/style/useShorthandFunctionType: only interfaces merge with those of knex.
/**
 * Ids are bigints where they may be beyond 2^53, and the drivers bind them; knex's types know none. Insert and update take
 * any row, these take a value.
 */
import type { Knex as KnexTypes } from 'knex';

declare module 'knex' {
  namespace Knex {
    interface Where<TRecord extends {}, TResult> {
      (columnName: string, value: bigint): KnexTypes.QueryBuilder<TRecord, TResult>;
      (columnName: string, operator: string, value: bigint): KnexTypes.QueryBuilder<TRecord, TResult>;
    }
    interface WhereIn<TRecord extends {}, TResult> {
      (columnName: string, values: readonly bigint[]): KnexTypes.QueryBuilder<TRecord, TResult>;
    }
    interface WhereBetween<TRecord extends {}, TResult> {
      (columnName: string, range: readonly [bigint, bigint]): KnexTypes.QueryBuilder<TRecord, TResult>;
    }
    interface RawBuilder<TRecord extends {}, TResult> {
      <TResult2 = TResult>(sql: string, bindings: bigint | BigintBindings): KnexTypes.Raw<TResult2>;
    }
    interface RawQueryBuilder<TRecord extends {}, TResult> {
      <TResult2 = TResult>(sql: string, bindings: bigint | BigintBindings): KnexTypes.QueryBuilder<TRecord, TResult2>;
    }
  }
}

type Binding = KnexTypes.RawBinding | bigint;
type BigintBindings = readonly Binding[] | { readonly [name: string]: Binding };
