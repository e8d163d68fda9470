/**
 * GraphQL, executed by the reference implementation on GitHub's own schema: a misspelt field is refused as GitHub refuses it. Only
 * what clients of this sandbox ask for has an answer; any other field is an error that names it.
 */
import { defaultFieldResolver, type ExecutionResult, type GraphQLFieldResolver } from "graphql";
import { Hono } from "hono";
import { readBody, requiredString } from "../body.ts";
import { type Env, GitHubError, type RouteContext, type Routes } from "../http.ts";
import { rootOf } from "./root.ts";

interface Engine {
  execute(source: string, variables: Record<string, unknown>, c: RouteContext): Promise<object>;
}

/** GitHub's `type` stands beside `message`, not below `extensions`. */
function shown({ data, errors }: ExecutionResult): object {
  const told = errors?.map(({ message, path, locations, extensions }) => ({
    ...(extensions.type === undefined ? {} : { type: extensions.type }),
    ...(path ? { path } : {}),
    ...(locations ? { locations } : {}),
    message,
  }));
  return { ...(data === undefined ? {} : { data }), ...(told ? { errors: told } : {}) };
}

let engine: Promise<Engine> | undefined;

/** A field nobody modelled must not look like a null that GitHub said. */
const strict: GraphQLFieldResolver<unknown, RouteContext> = (source, args, context, info) => {
  const present = typeof source === "object" && source !== null && info.fieldName in source;
  if (!present) throw new Error(`sandbox: GraphQL field ${info.parentType.name}.${info.fieldName} is not modelled`);
  return defaultFieldResolver(source, args, context, info);
};

/**
 * The schema is large (half a second to build), so it is built when somebody asks. One rule of validation is left out: GitHub's server
 * lets `name` of an App (never null) and of a User (maybe null) stand beside each other, as Terraform's provider asks for them.
 */
async function load(): Promise<Engine> {
  const [library, { schema: official }] = await Promise.all([import("graphql"), import("@octokit/graphql-schema")]);
  const { buildSchema, execute, GraphQLError, OverlappingFieldsCanBeMergedRule, parse, specifiedRules, validate } =
    library;
  const schema = buildSchema(official.idl, { assumeValidSDL: true });
  const rules = specifiedRules.filter((rule) => rule !== OverlappingFieldsCanBeMergedRule);
  return {
    execute: async (source, variables, c) => {
      try {
        const document = parse(source);
        const errors = validate(schema, document, rules);
        if (errors.length > 0) return shown({ errors });
        const rootValue = rootOf(c);
        return shown(
          await execute({
            schema,
            document,
            variableValues: variables,
            rootValue,
            contextValue: c,
            fieldResolver: strict,
          }),
        );
      } catch (error) {
        if (error instanceof GraphQLError) return shown({ errors: [error] });
        throw error;
      }
    },
  };
}

export function graphqlRoutes(): Routes {
  const routes = new Hono<Env>();
  const answer = async (c: RouteContext): Promise<Response> => {
    if (c.var.identity.kind === "anonymous")
      throw new GitHubError(401, "This endpoint requires you to be authenticated.");
    const body = await readBody(c);
    engine ??= load();
    const variables = (body.variables ?? {}) as Record<string, unknown>;
    const result = await (await engine).execute(requiredString(body, "query"), variables, c);
    return c.json(result);
  };
  routes.post("/graphql", answer);
  // Where a GitHub that is not github.com has it.
  routes.post("/api/graphql", answer);
  return routes;
}
