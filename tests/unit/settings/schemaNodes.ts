/** The settings of a stack file as JSON Schema has them: by zod itself, not by what the project makes of its schema. */
import { z } from "zod";
import { siteSchema } from "../../../settings/schema";

export interface Node {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
}

export interface Place {
  /** Below the root; the entry of a list is its first. */
  readonly path: readonly (string | 0)[];
  readonly node: Node;
}

function below(path: Place["path"], node: Node): Place[] {
  const inside = Object.entries(node.properties ?? {}).flatMap(([key, inner]) =>
    below([...path, key], inner),
  );
  return [{ path, node }, ...inside, ...(node.items ? below([...path, 0], node.items) : [])];
}

/** Every setting, what groups them, and the entries of lists; the root first. */
export const nodes: readonly Place[] = below(
  [],
  z.toJSONSchema(siteSchema, { io: "input", unrepresentable: "any" }) as Node,
);
