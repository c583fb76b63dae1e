"""Time off and closures for people: asked for, decided, and the visits in it moved. Rules are booking's."""
