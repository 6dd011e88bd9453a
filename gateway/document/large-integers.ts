import {
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  type IntValueNode,
  isScalarType,
  Kind,
  TypeInfo,
  type ValueNode,
  visit,
  visitWithTypeInfo,
} from 'graphql';

const maxOf64Bits = 2n ** 63n - 1n;

function isLarge({ value }: IntValueNode): boolean {
  const number = BigInt(value);
  return number > maxOf64Bits || number < -maxOf64Bits;
}

/**
 * A valid document without integer literals of more than 64 bits, which the planner cannot read (GraphQL spec, section
 * 3.5.5, allows them): each is what its type makes of it, a text for an ID, a float elsewhere.
 */
export function withoutLargeIntegers(
  schema: GraphQLSchema,
  query: string,
  document: DocumentNode,
): DocumentNode {
  if (!/\d{19}/.test(query)) return document;
  const info = new TypeInfo(schema);
  return visit(
    document,
    visitWithTypeInfo(info, {
      IntValue(node): ValueNode | undefined {
        if (!isLarge(node)) return undefined;
        const input = info.getInputType();
        const type = input ? getNamedType(input) : undefined;
        // What stands in an object of a scalar such as JSON has no type of its own.
        const value: unknown = isScalarType(type) ? type.parseLiteral(node) : Number(node.value);
        if (typeof value === 'string') return { kind: Kind.STRING, value };
        return { kind: Kind.FLOAT, value: Number(value).toExponential() };
      },
    }),
  );
}
