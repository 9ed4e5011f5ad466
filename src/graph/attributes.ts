/** TypeScript type of each kind of ONNX attribute. */
export interface AttributeValues {
  readonly int: number;
  readonly float: number;
  readonly string: string;
  readonly ints: readonly number[];
  readonly floats: readonly number[];
}

export type AttributeKind = keyof AttributeValues;

/** One attribute of an operator: its kind and, where it may be left out, its default. */
export interface AttributeSpec<
  Kind extends AttributeKind = AttributeKind,
  Required extends boolean = boolean,
> {
  readonly kind: Kind;
  readonly required: Required;
  /** `undefined` on an optional attribute means that leaving it out has a meaning of its own. */
  readonly fallback: AttributeValues[Kind] | undefined;
}

/** All attributes of an operator by their ONNX names. */
export type AttributeSpecs = Readonly<Record<string, AttributeSpec>>;

/** Attributes as a caller gives them: required ones present, the others as wished. */
export type AttributesIn<Specs extends AttributeSpecs> = {
  readonly [Name in keyof Specs as Specs[Name]['required'] extends true
    ? Name
    : never]: AttributeValues[Specs[Name]['kind']];
} & {
  readonly [Name in keyof Specs as Specs[Name]['required'] extends true
    ? never
    : Name]?: AttributeValues[Specs[Name]['kind']];
};

/** Attributes as a node holds them: defaults filled in. */
export type Attributes<Specs extends AttributeSpecs> = {
  readonly [Name in keyof Specs]: Specs[Name] extends DefaultedSpec
    ? AttributeValues[Specs[Name]['kind']]
    : AttributeValues[Specs[Name]['kind']] | undefined;
};

/** A spec whose value is always there: required, or optional with a default. */
export interface DefaultedSpec {
  readonly always: true;
}

/** An attribute that must be given. */
export function required<Kind extends AttributeKind>(
  kind: Kind,
): AttributeSpec<Kind, true> & DefaultedSpec {
  return { kind, required: true, fallback: undefined, always: true };
}

/** An attribute with a default. */
export function optional<Kind extends AttributeKind>(
  kind: Kind,
  fallback: AttributeValues[Kind],
): AttributeSpec<Kind, false> & DefaultedSpec {
  return { kind, required: false, fallback, always: true };
}

/** An attribute whose absence is meaningful. */
export function maybe<Kind extends AttributeKind>(kind: Kind): AttributeSpec<Kind, false> {
  return { kind, required: false, fallback: undefined };
}
