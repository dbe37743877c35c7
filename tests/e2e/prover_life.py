from zkpool_sdk.chain import LocalSigner
from zkpool_sdk.clients import Prover
from zkpool_sdk.units import format_zk, zk

prover = Prover.connect(
    "http://127.0.0.1:8545", "deployments/devnet.json", LocalSigner.from_file("prover.key")
)
prover.stake(zk(64))  # 32 ZK are the least
prover.register("https://prover.example")
prover.join(queue=1, circuit="rollup", capacity=2)
task = prover.wait_for_assignment()
proof = prover.prove_and_submit(task)  # a real proof, checked here before it is sent
print(f"{format_zk(proof.price_wei)} ZK for a proof made in {proof.seconds:.1f} s")
print(f"{format_zk(prover.claim(wait=True))} ZK claimed, the day after")
prover.unstake()  # everything; prover.finish_unstake() pays it in 7 days
