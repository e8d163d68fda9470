/** git over ssh: a server on loopback that knows deploy keys and two commands, nothing else. */
import { type AddressInfo, createServer } from "node:net";
import { pipeline } from "node:stream/promises";
import ssh2, { type AuthContext, type Connection, type ServerChannel } from "ssh2";
import type { Faults } from "./faults.ts";
import { startGit } from "./git.ts";
import { finishPush, openPush, pushEnvironment } from "./hook.ts";
import type { GitExchange, Sandbox } from "./http.ts";
import { actorName, fullName, type Identity } from "./identity.ts";
import { receivePackAnswer, watchForPack } from "./pkt-line.ts";
import type { LogEntry } from "./request-log.ts";
import type { Repository, State } from "./state.ts";

type Record = (entry: Omit<LogEntry, "n">) => void;
type DeployKeyIdentity = Extract<Identity, { kind: "deploy-key" }>;

/** A new ed25519 host key, OpenSSH private format. */
export function newHostKey(): string {
  for (;;) {
    const key = ssh2.utils.generateKeyPairSync("ed25519").private;
    // About one key in 256 starts with a zero byte that the generator drops, which makes the file unreadable.
    if (!(ssh2.utils.parseKey(key) instanceof Error)) return key;
  }
}

/** "ssh-ed25519 AAAA…": what known_hosts and `GET /meta` hold. */
export function hostPublicKey(state: State): string {
  const key = ssh2.utils.parseKey(state.data.hostKey);
  if (key instanceof Error) throw new Error(`the ssh host key in the sandbox's state is not readable: ${key.message}`);
  return `${key.type} ${key.getPublicSSH().toString("base64")}`;
}

/** The deploy key a client offers; a public key belongs to one repository only, as on GitHub. */
function deployKeyOf(state: State, algorithm: string, data: Buffer): DeployKeyIdentity | undefined {
  const offered = `${algorithm} ${data.toString("base64")}`;
  for (const repository of state.data.repositories) {
    const key = repository.keys.find((one) => one.key.split(/\s+/, 2).join(" ") === offered);
    if (key) return { kind: "deploy-key", repository: fullName(repository), keyId: key.id, readOnly: key.read_only };
  }
  return undefined;
}

function noteUse(state: State, { keyId }: DeployKeyIdentity): void {
  const used = state.data.repositories.flatMap(({ keys }) => keys).find(({ id }) => id === keyId);
  if (used) used.last_used = state.timestamp();
}

function authenticate(state: State, context: AuthContext): DeployKeyIdentity | undefined {
  if (context.method !== "publickey" || context.username !== "git") return undefined;
  const identity = deployKeyOf(state, context.key.algo, context.key.data);
  if (!identity || !context.signature || !context.blob) return identity;
  const key = ssh2.utils.parseKey(`${context.key.algo} ${context.key.data.toString("base64")}`);
  const proven = !(key instanceof Error) && key.verify(context.blob, context.signature, context.hashAlgo) === true;
  return proven ? identity : undefined;
}

interface Asked {
  service: "git-upload-pack" | "git-receive-pack";
  repository: Repository;
}

/** `git-upload-pack '/owner/name.git'` and its sister; the text for the client when it is refused. */
function admit(state: State, identity: DeployKeyIdentity, command: string): Asked | string {
  const [, service, owner = "", name = ""] =
    /^(git-upload-pack|git-receive-pack) '\/?([^/']+)\/([^/']+?)(?:\.git)?'$/.exec(command) ?? [];
  if (service !== "git-upload-pack" && service !== "git-receive-pack") {
    return `Invalid command: ${command.split(" ", 1)[0]}\n  You appear to be using ssh to clone a git:// URL.`;
  }
  const repository = state.repository(owner, name);
  if (!repository || fullName(repository).toLowerCase() !== identity.repository.toLowerCase()) {
    return "ERROR: Repository not found.";
  }
  if (service === "git-receive-pack") {
    if (identity.readOnly) return "ERROR: The key you are authenticating with has been marked as read only.";
    if (repository.archived) return "ERROR: This repository was archived so it is read-only.";
  }
  return { service, repository };
}

/** A fault's part in an exchange: what git says reaches the client up to so many bytes, or not at all once the client has spoken. */
interface Break {
  afterBytes: number | undefined;
  hangUp: () => void;
}

/** Runs one service on a channel; answers what it turned out to be and the exit code. */
async function serve(
  sandbox: Sandbox,
  identity: DeployKeyIdentity,
  { service, repository }: Asked,
  protocol: string,
  channel: ServerChannel,
  broken: Break | undefined,
): Promise<{ code: number; operations: NonNullable<GitExchange["operation"]>[]; received: number; sent: number }> {
  const { state } = sandbox;
  const push = service === "git-receive-pack" ? openPush(state, repository, identity) : undefined;
  const finish = async (): Promise<void> => {
    if (push) await finishPush(state, push);
  };
  let received = 0;
  let sent = 0;
  const seen = { pack: false, lookUp: !push && !/(^|:)version=2(:|$)/.test(protocol) };
  const git = startGit([service.slice("git-".length), state.gitFolder(repository)], {
    GIT_PROTOCOL: protocol,
    ...(push ? pushEnvironment(sandbox, push) : {}),
  });
  channel.on("data", (chunk: Buffer) => {
    received += chunk.length;
    seen.lookUp ||= !push && chunk.includes("command=ls-refs");
  });
  channel.once("close", () => git.kill());
  // Not `pipeline`: that would destroy the channel when git ends first, before the client has the exit status.
  git.stdin.on("error", () => undefined);
  channel.pipe(git.stdin);
  git.stderr.on("data", (chunk: Buffer) => channel.stderr.write(chunk));
  const watch = push
    ? receivePackAnswer({ skip: 1, reasons: push.reasons, beforeEnd: finish })
    : watchForPack(() => {
        seen.pack = true;
      });
  watch.on("data", (chunk: Buffer) => {
    if (broken && broken.afterBytes === undefined && received > 0) return;
    if (broken?.afterBytes !== undefined && sent + chunk.length > broken.afterBytes) {
      channel.write(chunk.subarray(0, Math.max(0, broken.afterBytes - sent)), broken.hangUp);
      broken.afterBytes = 0;
    }
    sent += chunk.length;
    if (broken?.afterBytes === 0) return;
    if (!channel.write(chunk)) {
      watch.pause();
      channel.once("drain", () => watch.resume());
    }
  });
  await pipeline(git.stdout, watch).catch(() => undefined);
  const code = await git.ended;
  await finish();
  broken?.hangUp();
  const operations: NonNullable<GitExchange["operation"]>[] = [
    ...(seen.lookUp ? (["look-up"] as const) : []),
    ...(seen.pack ? (["fetch"] as const) : []),
    ...(push ? (["push"] as const) : []),
  ];
  return { code, operations, received, sent };
}

function session({ sandbox, record, faults }: Server, connection: Connection, identity: DeployKeyIdentity): void {
  connection.on("session", (accept) => {
    const { state } = sandbox;
    const session = accept();
    let protocol = "";
    session.on("env", (acceptEnv, rejectEnv, { key, val }) => {
      if (key === "GIT_PROTOCOL") protocol = val;
      if (key === "GIT_PROTOCOL") acceptEnv?.();
      else rejectEnv?.();
    });
    session.on("shell", (acceptShell) => {
      const channel = acceptShell();
      channel.stderr.write(
        `Hi ${identity.repository}! You've successfully authenticated, but GitHub does not provide shell access.\n`,
      );
      channel.exit(1);
      channel.end();
    });
    session.on("exec", (acceptExec, _reject, { command }) => {
      const channel = acceptExec();
      const time = state.now().toISOString();
      const started = performance.now();
      const entry = (status: number, git: LogEntry["git"], requestBytes: number, responseBytes: number): void =>
        record({
          time,
          actor: actorName(identity),
          method: "SSH",
          path: command,
          status,
          milliseconds: Math.round((performance.now() - started) * 10) / 10,
          requestBytes,
          responseBytes,
          git,
        });
      const asked = admit(state, identity, command);
      if (typeof asked === "string") {
        entry(403, null, 0, 0);
        channel.stderr.write(`${asked}\n`);
        channel.exit(1);
        channel.end();
        return;
      }
      const repository = fullName(asked.repository);
      const fault = faults?.strike("SSH", `/${repository}/${asked.service}`);
      const hangUp = (): void => {
        if (fault) faults?.carryOut(fault);
        connection.end();
      };
      if (fault && fault.when !== "after" && fault.cutAfterBytes === undefined) {
        entry(0, null, 0, 0);
        hangUp();
        return;
      }
      const broken = fault ? { afterBytes: fault.cutAfterBytes, hangUp } : undefined;
      serve(sandbox, identity, asked, protocol, channel, broken)
        .then(({ code, operations, received, sent }) => {
          const last = operations.length - 1;
          // Logged before the client sees the end, so that whoever waited for it finds the entry. One connection may be a look-up
          // and a fetch; its bytes are the last one's.
          operations.forEach((operation, n) => {
            entry(200, { repository, operation, transport: "ssh" }, n === last ? received : 0, n === last ? sent : 0);
          });
          channel.exit(code);
          channel.end();
        })
        .catch((error: Error) => {
          process.stderr.write(`sandbox: ssh ${command}: ${error.stack ?? error.message}\n`);
          channel.exit(1);
          channel.end();
        });
    });
  });
}

interface Server {
  sandbox: Sandbox;
  /** Gets one log entry per look-up, fetch and push; bytes are those of the channel. */
  record: Record;
  /** Of these only cuts reach ssh: there is no status to answer with. */
  faults?: Faults;
}

/** Listens on 127.0.0.1. */
export async function startSsh(serving: Server, port = 0): Promise<{ port: number; close: () => Promise<void> }> {
  const { sandbox } = serving;
  const connections = new Set<Connection>();
  const ssh = new ssh2.Server({ hostKeys: [sandbox.state.data.hostKey] }, (connection) => {
    connections.add(connection);
    let identity: DeployKeyIdentity | undefined;
    connection.on("authentication", (context) => {
      identity = authenticate(sandbox.state, context);
      if (identity) context.accept();
      else context.reject(["publickey"]);
    });
    connection.on("ready", () => {
      if (!identity) return;
      noteUse(sandbox.state, identity);
      session(serving, connection, identity);
    });
    connection.on("close", () => connections.delete(connection));
    // A client that hangs up in the middle is no fault of the server.
    connection.on("error", () => connections.delete(connection));
  });
  // Small packets go to and fro; held back by Nagle's algorithm, each waits 40 ms for the other side's delayed acknowledgement.
  const server = createServer({ noDelay: true }, (socket) => ssh.injectSocket(socket));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections) connection.end();
      await closed;
    },
  };
}
