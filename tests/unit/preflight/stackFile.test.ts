import * as pulumi from "@pulumi/pulumi";
import { hasSecrets, readStackFile } from "../../../preflight/stackFile";
import { resolveSite } from "../../../settings/resolve";

async function read(config: Record<string, string>, stack = "staging"): Promise<unknown> {
  await pulumi.runtime.setMocks(
    {
      call: ({ token }) => {
        throw new Error(`unexpected call of ${token}`);
      },
      newResource: ({ type }) => {
        throw new Error(`unexpected resource ${type}`);
      },
    },
    "lvs-wordpress",
    stack,
  );
  pulumi.runtime.setAllConfig(config);
  return readStackFile();
}

test("an empty stack file is the default site of its stack", async () => {
  expect(await read({})).toEqual(resolveSite("staging", {}));
});

test("lists and objects arrive as they were written", async () => {
  const config = {
    "lvs-wordpress:network": '{"cidr":"10.1.0.0/24"}',
    "lvs-wordpress:realServers": '[{"weight":5}]',
  };
  expect(await read(config)).toEqual(
    resolveSite("staging", { network: { cidr: "10.1.0.0/24" }, realServers: [{ weight: 5 }] }),
  );
});

test("another project's settings are none of ours", async () => {
  expect(await read({ "libvirt:uri": "qemu:///session", "aws:region": "nowhere" })).toEqual(
    resolveSite("staging", {}),
  );
});

test("a setting that is text and not JSON is told as what it is", async () => {
  await expect(read({ "lvs-wordpress:network": "172.16.0.0/24" })).rejects
    .toThrow(`Pulumi.staging.yaml cannot be used as it is:
  network: "172.16.0.0/24" is no group of settings; write some of these below it: cidr, gateway, cidr6, forward`);
});

test("a mistake in a lab's file is told under that file's name, and as one that needs no stack trace", async () => {
  const failure = read({ "lvs-wordpress:content": "statik" }, "nat-lnmp");
  await expect(failure).rejects.toThrow(/^labs\/nat-lnmp\.yaml cannot be used as it is:\n {2}content: /);
  await expect(failure).rejects.toThrow(pulumi.RunError);
});

test("a lab whose file Pulumi was not told of is refused, for it would become the default site", async () => {
  await expect(read({}, "nat-lnmp")).rejects.toThrow(
    "nat-lnmp is the lab labs/nat-lnmp.yaml, which Pulumi did not read; " +
      "add --config-file labs/nat-lnmp.yaml, or npm run up -- --lab nat-lnmp",
  );
});

describe("a value that Pulumi keeps encrypted", () => {
  const { PULUMI_CONFIG_SECRET_KEYS: before } = process.env;
  afterEach(() => {
    if (before === undefined) delete process.env.PULUMI_CONFIG_SECRET_KEYS;
    else process.env.PULUMI_CONFIG_SECRET_KEYS = before;
  });

  test("makes what follows from the stack file secret", () => {
    process.env.PULUMI_CONFIG_SECRET_KEYS = '["lvs-wordpress:wordpress"]';
    expect(hasSecrets()).toBe(true);
  });

  test.each([undefined, "[]"])("is not there when the engine names none (%s)", (keys) => {
    if (keys === undefined) delete process.env.PULUMI_CONFIG_SECRET_KEYS;
    else process.env.PULUMI_CONFIG_SECRET_KEYS = keys;
    expect(hasSecrets()).toBe(false);
  });
});
