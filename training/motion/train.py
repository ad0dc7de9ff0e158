"""Trains the motion net on built samples: `python train.py FOLDER OUT --minutes 15`; the same seed, the same course."""

import argparse
import math
import time
from pathlib import Path

import numpy as np
import torch
from batches import Batch, batch_of
from net import MotionNet
from samples import load
from torch import Tensor
from torch.nn import functional

BATCH = 16
# Weights of the kinds in KINDS order: two-wheelers are few, and without weights most are taken for people on foot.
KIND_WEIGHT = torch.tensor([1.0, 1.5, 2.0, 2.0, 4.0, 4.0, 4.0, 1.0])


def loss_of(answer: Tensor, batch: Batch) -> tuple[Tensor, list[float]]:
    """Penalty-reduced focal loss of the middles (Law and Deng 2018), GIoU of the boxes (Rezatofighi et al. 2019),
    cross entropy of the kinds."""
    logit = answer[:, 0]
    p = torch.sigmoid(logit).clamp(1e-4, 1 - 1e-4)
    middle = batch.heat > 0.999
    hit = -((1 - p) ** 2) * torch.log(p)
    miss = -((1 - batch.heat) ** 4) * p**2 * torch.log(1 - p) * batch.care
    many = middle.sum().clamp(min=1)
    heat = (torch.where(middle, hit, miss)).sum() / many
    near = batch.near
    weight = near.sum().clamp(min=1)
    giou = ((1 - _giou(torch.exp(answer[:, 1:5].clamp(-4, 5)), batch.sides)) * near).sum() / weight
    kind = functional.cross_entropy(
        answer[:, 5:], batch.kind, KIND_WEIGHT, ignore_index=-1, reduction="none", label_smoothing=0.02
    )
    kind = (kind * near).sum() / weight
    return heat + 3.0 * giou + 0.5 * kind, [heat.item(), giou.item(), kind.item()]


def _giou(a: Tensor, b: Tensor) -> Tensor:
    inner, outer = torch.minimum(a, b), torch.maximum(a, b)
    shared = (inner[:, 0] + inner[:, 2]) * (inner[:, 1] + inner[:, 3])
    hull = (outer[:, 0] + outer[:, 2]) * (outer[:, 1] + outer[:, 3])
    one, two = ((s[:, 0] + s[:, 2]) * (s[:, 1] + s[:, 3]) for s in (a, b))
    union = one + two - shared
    return shared / union - (hull - union) / hull


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=2.5e-3)
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--bf16", action="store_true", help="half the time on processors that have it")
    parser.add_argument("--threads", type=int, default=2)
    told = parser.parse_args()
    torch.set_num_threads(told.threads)
    torch.manual_seed(told.seed)
    samples = load(told.folder, "train")
    random = np.random.default_rng([told.seed, 33])
    share = {"painted": 0.55, "pasted": 0.12, "photo": 0.23, "still": 0.1}
    of = {name: [s for s in samples if s.source == name] for name in share}
    names = [name for name in share if of[name]]
    p = np.array([share[name] for name in names]) / sum(share[name] for name in names)
    net = MotionNet()
    if told.start:
        net.load_state_dict(torch.load(told.start))
    net = net.to(memory_format=torch.channels_last).train()
    mean = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.997),
                                               use_buffers=True)  # fmt: skip
    optimizer = torch.optim.AdamW(net.parameters(), lr=told.rate, weight_decay=1e-3)
    started = time.monotonic()
    seen = np.zeros(3)
    for step in range(told.steps):
        warm = min(1.0, (step + 1) / 150)
        rate = told.rate * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / told.steps)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        chosen = [of[names[k]] for k in random.choice(len(names), BATCH, p=p)]
        batch = batch_of([rows[int(random.integers(len(rows)))] for rows in chosen], random)
        with torch.autocast("cpu", torch.bfloat16, enabled=told.bf16):
            answer = net(batch.planes.float().contiguous(memory_format=torch.channels_last))
        loss, parts = loss_of(answer.float(), batch)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        if step >= told.steps // 4:
            mean.update_parameters(net)
        seen += parts
        if (step + 1) % 100 == 0:
            print(step + 1, np.round(seen / 100, 3).tolist(), f"{time.monotonic() - started:.0f} s", flush=True)
            seen[:] = 0
        if (step + 1) % 500 == 0 or step + 1 == told.steps:
            torch.save(mean.module.state_dict(), told.out)


if __name__ == "__main__":
    main()
