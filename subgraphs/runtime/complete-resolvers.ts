import type { GraphQLScalarType } from 'graphql';

type RootName = 'Query' | 'Mutation' | 'Subscription';

/** What the default resolver may find on a record for a field of this result. */
type Stored<Result> = Result | (() => Result);

/** Whether the default resolver finds a value of the field's type on the record that the field belongs to. */
type IsStored<Parent, Field extends PropertyKey, Result> = Field extends keyof Parent
  ? null extends Awaited<Result>
    ? Parent extends { readonly [F in Field]?: Stored<Result> | undefined }
      ? true
      : false
    : Parent extends { readonly [F in Field]: Stored<Result> }
      ? true
      : false
  : false;

/** The fields of a type that need a resolver. Values of enums need none. */
type NeedyField<Type> = {
  [Field in keyof Type]-?: Field extends '__resolveType' | '__isTypeOf'
    ? never
    : NonNullable<Type[Field]> extends (parent: infer Parent, ...rest: never) => infer Result
      ? IsStored<Parent, Field, Result> extends true
        ? never
        : Field
      : never;
}[keyof Type];

type CompleteType<Name, Type> = Name extends RootName
  ? Required<Type>
  : Type extends GraphQLScalarType
    ? Type
    : Type & { readonly [Field in NeedyField<Type>]-?: NonNullable<Type[Field]> };

/** The types that need resolvers. */
type NeedyName<Resolvers> = {
  [Name in keyof Resolvers]-?: Name extends RootName
    ? Name
    : NonNullable<Resolvers[Name]> extends GraphQLScalarType
      ? Name
      : [NeedyField<NonNullable<Resolvers[Name]>>] extends [never]
        ? never
        : Name;
}[keyof Resolvers];

/**
 * Generated resolver types with everything required that the default resolver would answer wrongly or with nothing: root
 * fields, scalars, references, and fields that the record behind their type lacks or has in another type.
 */
export type CompleteResolvers<Resolvers> = Resolvers & {
  readonly [Name in NeedyName<Resolvers>]-?: CompleteType<Name, NonNullable<Resolvers[Name]>>;
};
