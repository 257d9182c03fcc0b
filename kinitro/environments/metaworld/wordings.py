"""Other words for the instructions of the scored tasks, each a clause in the imperative."""

from __future__ import annotations

from typing import Final

FRAMES: Final = (
    "{}",
    "please {}",
    "{}, please",
    "your task is to {}",
    "robot, {}",
    "I would like you to {}",
    "could you {}?",
    "next, {}",
    "the goal of this episode is to {}",
    "{} now",
)
"""Sentences around an instruction, which stands at `{}`."""

WORDINGS: Final[dict[str, tuple[str, ...]]] = {
    "reach": (
        "move the gripper to the goal",
        "bring the hand to the marked point",
        "reach the marker with the gripper",
        "put the fingertips where the marker is",
        "go to the target",
        "move the end effector to the target position",
    ),
    "push": (
        "push the puck to the goal",
        "slide the disc onto the marker",
        "move the puck across the table to the target",
        "get the small cylinder to the marked spot by pushing it",
        "shove the puck over to the goal",
        "bring the puck to the target without letting it leave the table",
    ),
    "pick-place": (
        "pick up the puck and hold it at the goal",
        "grasp the disc, lift it and keep it at the marker",
        "take the puck to the target in the air",
        "grab the small cylinder and carry it to the marked point",
        "lift the puck to the goal position",
        "pick the puck up and bring it to the marker",
    ),
    "drawer-open": (
        "open the drawer",
        "pull the drawer out",
        "slide the drawer open by its handle",
        "pull on the handle of the drawer until it is open",
        "get the drawer open",
        "draw the drawer out of the cabinet",
    ),
    "drawer-close": (
        "close the drawer",
        "push the drawer in",
        "shut the drawer",
        "slide the drawer back into the cabinet",
        "push the front of the drawer until it is closed",
        "make sure that the drawer is closed",
    ),
    "peg-insert-side": (
        "insert the peg into the hole in the box",
        "put the stick into the opening of the box",
        "plug the peg into the box from the side",
        "take the peg and slide it into the hole",
        "fit the peg into the box's hole",
        "pick up the peg and push its head into the opening",
    ),
    "door-open": (
        "open the door",
        "pull the door open",
        "swing the door open by its handle",
        "get the door of the safe open",
        "pull on the door's handle until it is open",
        "turn the door on its hinges until it is open",
    ),
    "button-press": (
        "press the button",
        "push the button in",
        "push the red button",
        "hit the switch on the box",
        "press down on the button until it is in",
        "activate the button",
    ),
}
"""By MetaWorld's name of the task. The first of each is the spec's instruction."""
