import numpy as np
import pytest

from omnitalker.motion.face.raster import backward_map


@pytest.fixture
def grid():
    """A 5 x 5 mesh over a 40 x 40 picture, and its triangles."""
    axis = np.linspace(0, 39, 5, dtype=np.float32)
    points = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    triangles = []
    for row in range(4):
        for column in range(4):
            a = row * 5 + column
            triangles += [(a, a + 1, a + 5), (a + 1, a + 6, a + 5)]
    return points, np.array(triangles)


def empty(shape):
    return np.full((*shape, 2), -1.0, np.float32)


def test_unmoved_mesh_maps_every_node_to_itself(grid):
    points, triangles = grid
    out = backward_map(
        points, points, triangles, np.zeros(25, np.float32), (40, 40), empty((40, 40))
    )
    y, x = np.mgrid[:40, :40]
    np.testing.assert_allclose(out, np.stack([x, y], -1), atol=1e-3)


def test_is_the_inverse_of_an_affine_motion(grid):
    points, triangles = grid
    matrix = np.array([[0.8, 0.1], [-0.15, 0.9]], np.float32)
    moved = points @ matrix.T + np.array([4.0, 6.0], np.float32)
    out = backward_map(
        moved, points, triangles, np.zeros(25, np.float32), (40, 40), empty((40, 40))
    )
    covered = out[..., 0] >= 0
    y, x = np.nonzero(covered)
    expected = (np.stack([x, y], 1) - [4.0, 6.0]) @ np.linalg.inv(matrix).T
    assert covered.sum() > 900
    np.testing.assert_allclose(out[covered], expected, atol=1e-2)


def test_nearer_triangles_win_and_backs_are_not_drawn():
    points = np.array([[0, 0], [20, 0], [0, 20]] * 2, np.float32)
    source = np.repeat(np.array([[1.0, 1.0], [2.0, 2.0]], np.float32), 3, axis=0)
    triangles = np.array([[0, 1, 2], [3, 4, 5]])
    near_first = np.array([5, 5, 5, 1, 1, 1], np.float32)
    assert backward_map(points, source, triangles, near_first, (8, 8), empty((8, 8)))[2, 2, 0] == 1
    assert backward_map(points, source, triangles, -near_first, (8, 8), empty((8, 8)))[2, 2, 0] == 2
    from_behind = triangles[:, ::-1]
    assert (
        backward_map(points, source, from_behind, near_first, (8, 8), empty((8, 8))) == -1
    ).all()
