/**
 * The clients of AWS that questions about a job's surroundings need, each loaded when it is first asked. They repeat by themselves a few
 * times: these questions are few, and nothing depends on an answer.
 */
import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { ECRClient } from '@aws-sdk/client-ecr';
import type { ECSClient } from '@aws-sdk/client-ecs';
import type { IAMClient } from '@aws-sdk/client-iam';

const setting = { maxAttempts: 3 };

/** See the file's header. */
export class Clients {
  readonly #made = new Map<string, Promise<{ destroy(): void }>>();

  /** Instances and networks. */
  async ec2(): Promise<EC2Client> {
    return this.#get('ec2', async () => new (await import('@aws-sdk/client-ec2')).EC2Client(setting));
  }

  /** Groups of instances. */
  async autoScaling(): Promise<AutoScalingClient> {
    return this.#get(
      'as',
      async () => new (await import('@aws-sdk/client-auto-scaling')).AutoScalingClient(setting),
    );
  }

  /** The clusters behind compute environments. */
  async ecs(): Promise<ECSClient> {
    return this.#get('ecs', async () => new (await import('@aws-sdk/client-ecs')).ECSClient(setting));
  }

  /** Roles. */
  async iam(): Promise<IAMClient> {
    return this.#get('iam', async () => new (await import('@aws-sdk/client-iam')).IAMClient(setting));
  }

  /** Images. */
  async ecr(): Promise<ECRClient> {
    return this.#get('ecr', async () => new (await import('@aws-sdk/client-ecr')).ECRClient(setting));
  }

  close(): void {
    for (const made of this.#made.values())
      void made.then((client) => {
        client.destroy();
      });
  }

  async #get<T extends { destroy(): void }>(name: string, make: () => Promise<T>): Promise<T> {
    const known = this.#made.get(name) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const made = make();
    this.#made.set(name, made);
    return made;
  }
}
