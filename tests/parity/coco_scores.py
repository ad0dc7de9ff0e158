"""Runs pycocotools on pictures, truth and scored boxes; prints AP and recall by height, in its isolated environment.

Argument: a JSON file with ``pictures`` (count), ``truth`` rows (picture, left, top, width, height, counted), ``found``
rows (picture, left, top, width, height, score), ``bands`` (name -> from, to in px). COCO's areas stand for heights.
"""

import contextlib
import io
import json
import sys
from pathlib import Path

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def main(path: Path) -> dict[str, dict[str, float]]:
    given = json.loads(path.read_text())
    truth, found = COCO(), COCO()
    images = [{"id": number} for number in range(1, given["pictures"] + 1)]
    category = [{"id": 1, "name": "object"}]
    boxes = [
        {"id": k, "image_id": row[0], "category_id": 1, "bbox": row[1:5], "area": row[4], "iscrowd": 0, "mark": row[5]}
        for k, row in enumerate(given["truth"], start=1)
    ]
    truth.dataset = {"images": images, "categories": category, "annotations": boxes}
    said = [
        {"id": k, "image_id": row[0], "category_id": 1, "bbox": row[1:5], "area": row[4], "score": row[5], "iscrowd": 0}
        for k, row in enumerate(given["found"], start=1)
    ]
    found.dataset = {"images": images, "categories": category, "annotations": said}
    for side in (truth, found):
        side.createIndex()
    scores = {}
    for name, (low, high) in given["bands"].items():
        run = COCOeval(truth, found, "bbox")
        run.params.areaRng, run.params.areaRngLbl = [[low, high]], ["all"]
        prepare = run._prepare

        def marked(prepare: object = prepare, run: COCOeval = run) -> None:
            prepare()  # type: ignore[operator]
            for rows in run._gts.values():
                for row in rows:
                    row["ignore"] = 1 - row["mark"]

        run._prepare = marked
        run.evaluate()
        run.accumulate()
        precision, recall = run.eval["precision"][:, :, 0, 0, -1], run.eval["recall"][:, 0, 0, -1]
        scores[name] = {
            "AP": 100 * float(precision.mean()),
            "AP50": 100 * float(precision[0].mean()),
            "AP75": 100 * float(precision[5].mean()),
            "recall": 100 * float(recall[0]),
            "AR": 100 * float(np.mean(recall)),
        }
    return scores


if __name__ == "__main__":
    with contextlib.redirect_stdout(io.StringIO()):
        answer = main(Path(sys.argv[1]))
    print(json.dumps(answer))
