import { z } from "zod";
import { configSchema } from "./schema.ts";

/** The config as JSON Schema (draft 2020-12), for editors; rules between keys are not in it. */
export function jsonSchema(): object {
  return { ...z.toJSONSchema(configSchema, { io: "input" }), title: "upstream-sync.yaml" };
}
