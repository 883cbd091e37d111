import * as pulumi from "@pulumi/pulumi";
import * as libvirt from "@pulumi/libvirt";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { version } from "../../../sdks/libvirt/package.json";

const root = join(__dirname, "../../..");
const { packages } = parse(readFileSync(join(root, "Pulumi.yaml"), "utf8")) as {
  packages: { libvirt: { source: string; version: string; parameters: string[] } };
};

test("Pulumi.yaml and sdks/libvirt name the same bridge, provider and versions", async () => {
  const register = jest.spyOn(pulumi.runtime, "registerPackage").mockResolvedValue("reference");
  await pulumi.runtime.setMocks({
    call: ({ token }) => {
      throw new Error(`unexpected call of ${token}`);
    },
    newResource: ({ name, inputs }) => ({ id: name, state: inputs }),
  });
  const provider = new libvirt.Provider("provider");
  await new Promise((done) => provider.urn.apply(done));
  const { baseProviderName, baseProviderVersion, packageName, packageVersion, base64Parameter } =
    register.mock.calls[0]![0];
  const parameter = JSON.parse(Buffer.from(base64Parameter, "base64").toString()) as unknown;
  const [url, providerVersion] = packages.libvirt.parameters;

  expect({ source: baseProviderName, version: baseProviderVersion }).toEqual({
    source: packages.libvirt.source,
    version: packages.libvirt.version,
  });
  expect(parameter).toEqual({ remote: { url, version: providerVersion } });
  expect({ packageName, packageVersion }).toEqual({
    packageName: "libvirt",
    packageVersion: providerVersion,
  });
  expect(version).toBe(providerVersion);
});
