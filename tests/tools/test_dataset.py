"""Labelled pictures: class folders, tables of labels, and what is wrong with them."""

import pytest

from petdoor.errors import DataError
from tests.pictures_on_disk import class_folders, jpeg, scene
from tools.data.dataset import Example, open_dataset, open_datasets, require_two_classes


@pytest.fixture
def kaggle(tmp_path):
    """A picture folder and the table beside it, in the form of Kaggle's dog breeds."""
    for name in ("a1", "b2", "c3"):
        jpeg(tmp_path / "train" / f"{name}.jpg", scene(hash(name) % 99))
    table = tmp_path / "labels.csv"
    table.write_text("id,breed\na1,pug\nb2,beagle\nc3,pug\n")
    return tmp_path


def opened(kaggle, text=None, **options):
    if text is not None:
        (kaggle / "labels.csv").write_text(text)
    return open_dataset(str(kaggle / "train"), csv=kaggle / "labels.csv", **options)


def touched(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"never opened")
    return folder


def test_each_folder_is_a_class_and_its_pictures_the_examples(tmp_path):
    dataset = open_dataset(str(class_folders(tmp_path, dog=2, cat=1)))
    assert (dataset.source, dataset.classes) == (str(tmp_path), ("cat", "dog"))
    assert dataset.examples == (
        Example(tmp_path / "cat/0.jpg", 0),
        Example(tmp_path / "dog/0.jpg", 1),
        Example(tmp_path / "dog/1.jpg", 1),
    )


def test_pictures_in_subfolders_belong_to_their_class(tmp_path):
    dataset = open_dataset(str(touched(tmp_path, "dog/summer/a.jpg", "dog/b.PNG", "cat/c.jpeg")))
    assert [(str(e.path.relative_to(tmp_path)), e.label) for e in dataset.examples] == [
        ("cat/c.jpeg", 0),
        ("dog/b.PNG", 1),
        ("dog/summer/a.jpg", 1),
    ]


def test_numbered_folders_are_ordered_as_numbers_and_keep_their_names(tmp_path):
    dataset = open_dataset(str(touched(tmp_path, "151/a.jpg", "9/b.jpg", "1000/c.jpg", "30/d.jpg")))
    assert dataset.classes == ("9", "30", "151", "1000")
    assert {dataset.classes[e.label]: e.path.name for e in dataset.examples}["151"] == "a.jpg"


def test_one_name_that_is_no_number_makes_names_of_all(tmp_path):
    assert open_dataset(str(touched(tmp_path, "9/a.jpg", "30/b.jpg", "x/c.jpg"))).classes == ("30", "9", "x")


def test_hidden_files_and_folders_and_what_is_no_picture_are_left_alone(tmp_path):
    touched(tmp_path, "dog/a.jpg", "cat/b.jpg", ".thumbnails/c.jpg", "dog/._a.jpg", "dog/.old/d.jpg")
    touched(tmp_path, "dog/notes.txt", "README", "contact-sheet.png")
    dataset = open_dataset(str(tmp_path))
    assert [example.path.name for example in dataset.examples] == ["b.jpg", "a.jpg"]


def test_a_missing_folder_is_named_with_the_ways_to_name_data(tmp_path):
    with pytest.raises(DataError, match=r"gone: there is no such folder; .* keras:cifar10"):
        open_dataset(str(tmp_path / "gone"))


def test_a_file_in_place_of_a_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"a\.jpg: this is a file; name the folder"):
        open_dataset(str(touched(tmp_path, "a.jpg") / "a.jpg"))


@pytest.mark.parametrize("names", [(), ("notes.txt",), ("dog/notes.txt",), (".git/a.jpg",)])
def test_a_folder_without_pictures_says_what_to_put_where(tmp_path, names):
    with pytest.raises(DataError, match="no pictures here; put some into a folder for each class"):
        open_dataset(str(touched(tmp_path, *names)))


def test_loose_pictures_are_asked_into_class_folders(tmp_path):
    with pytest.raises(DataError, match="the 2 pictures lie loose; put them into a folder for each class"):
        open_dataset(str(touched(tmp_path, "a.jpg", "b.jpg")))


def test_every_empty_class_folder_is_named(tmp_path):
    touched(tmp_path, "dog/a.jpg")
    for name in ("cat", "fox"):
        (tmp_path / name).mkdir()
    with pytest.raises(DataError, match=r"no pictures in 2 of 3 class folders \(cat, fox\)"):
        open_dataset(str(tmp_path))


def test_one_class_is_opened_but_refused_for_training(tmp_path):
    dataset = open_dataset(str(class_folders(tmp_path, dog=2)))
    with pytest.raises(DataError, match="one class only, 'dog'; training needs two"):
        require_two_classes(dataset)


def test_two_classes_will_do_for_training(tmp_path):
    require_two_classes(open_dataset(str(class_folders(tmp_path, dog=1, cat=1))))


def test_a_table_labels_the_pictures_of_a_folder(kaggle):
    dataset = opened(kaggle)
    assert dataset.classes == ("beagle", "pug")
    assert [(e.path.name, e.label) for e in dataset.examples] == [("a1.jpg", 1), ("b2.jpg", 0), ("c3.jpg", 1)]


@pytest.mark.parametrize(
    ("header", "options"),
    [
        ("id,label", {}),
        ("id,kind", {}),
        ("id, breed ", {}),
        ("\ufeffid,breed", {}),
        ("id,kind", {"label_column": "kind"}),
    ],
)
def test_the_label_column_is_found(kaggle, header, options):
    assert opened(kaggle, f"{header}\na1,pug\nb2,beagle\n", **options).classes == ("beagle", "pug")


def test_among_several_columns_the_option_chooses(kaggle):
    text = "sex,id,breed,size\nf,a1,pug,small\nm,b2,beagle,large\n"
    assert opened(kaggle, text).classes == ("beagle", "pug")
    assert opened(kaggle, text, label_column="size").classes == ("large", "small")


def test_ids_may_bear_their_suffix_and_their_subfolder(kaggle):
    jpeg(kaggle / "train" / "more" / "d4.JPG", scene(4))
    dataset = opened(kaggle, "id,label\na1.jpg,pug\nmore/d4,beagle\n")
    assert [example.path.name for example in dataset.examples] == ["a1.jpg", "d4.JPG"]


def test_a_dot_within_an_id_is_no_suffix(kaggle):
    jpeg(kaggle / "train" / "dog.12.jpg", scene(4))
    assert opened(kaggle, "id,label\ndog.12,pug\n").examples[0].path.name == "dog.12.jpg"


def test_numbers_as_labels_are_ordered_as_numbers(kaggle):
    assert opened(kaggle, "id,label\na1,151\nb2,9\n").classes == ("9", "151")


def test_pictures_that_the_table_does_not_name_are_left_alone(kaggle):
    assert len(opened(kaggle, "id,label\na1,pug\n").examples) == 1


def test_all_faults_of_the_rows_are_told_at_once(kaggle):
    with pytest.raises(DataError) as caught:
        opened(kaggle, "id,breed\na1,pug\na1,pug\nb2,\nx1,pug\nx2,pug\n")
    assert str(caught.value) == (
        f"{kaggle}/labels.csv: 1 row lacks an id or a label (line 4); 1 id comes more than once (a1); "
        f"2 ids have no picture in {kaggle}/train (x1, x2)"
    )


def test_of_many_ids_without_a_picture_the_first_are_named_and_all_counted(kaggle):
    rows = "".join(f"x{number},pug\n" for number in range(70))
    with pytest.raises(DataError, match=r"70 ids have no picture in .* \(x0, x1, x2, x3, x4, \.\.\.\)"):
        opened(kaggle, f"id,breed\n{rows}")


def test_an_id_cannot_reach_outside_the_folder(kaggle):
    jpeg(kaggle / "outside.jpg", scene(1))
    with pytest.raises(DataError, match="1 id has no picture"):
        opened(kaggle, "id,breed\n../outside,pug\n")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "the table is empty"),
        ("\n\n", "the table is empty"),
        ("id,breed\n", "no rows below its header"),
        (
            "name,breed\na1,pug\n",
            "a column 'id' that names the pictures is missing; its columns are 'name', 'b",
        ),
        (
            "id,sex,size\na1,f,big\n",
            "no column is called 'label' or 'breed'; --label-column names another; its",
        ),
        ("id\na1\n", "no column is called 'label' or 'breed'"),
        (
            "id;breed\na1;pug\n",
            "its columns are 'id;breed'; its columns seem to be separated by ';': save it with commas",
        ),
        ('id,breed\n"a1,pug', "1 row lacks"),
    ],
)
def test_a_table_that_is_none_is_explained(kaggle, text, fault):
    with pytest.raises(DataError) as caught:
        opened(kaggle, text)
    assert fault in str(caught.value)
    assert "labels.csv: " in str(caught.value)


def test_a_label_column_that_is_not_there_is_named_with_those_that_are(kaggle):
    with pytest.raises(
        DataError, match=r"no column 'race' as --label-column says; its columns are 'id', 'breed'"
    ):
        opened(kaggle, label_column="race")


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"id,breed\na1,caf\xe9\n", "no text in UTF-8"), (b"id,breed\n\xff\xd8\xff", "no text in UTF-8")],
)
def test_a_table_in_another_encoding_is_refused(kaggle, content, fault):
    (kaggle / "labels.csv").write_bytes(content)
    with pytest.raises(DataError, match=fault):
        opened(kaggle)


def test_a_missing_table_is_named(kaggle):
    (kaggle / "labels.csv").unlink()
    with pytest.raises(DataError, match=r"labels\.csv: cannot read the table of labels: No such file"):
        opened(kaggle)


def test_a_label_column_without_a_table_is_refused(kaggle):
    with pytest.raises(DataError, match="give both"):
        open_dataset(str(kaggle / "train"), label_column="breed")


def test_a_named_set_takes_no_table(kaggle):
    with pytest.raises(DataError, match="keras:cifar10 brings its own labels"):
        open_dataset("keras:cifar10", csv=kaggle / "labels.csv")


def test_several_folders_are_one_data_set_with_the_classes_of_all(tmp_path):
    first = touched(tmp_path / "first", "dog/a.jpg", "raccoon/b.jpg")
    second = touched(tmp_path / "second", "cat/c.jpg", "dog/d.jpg")
    both = open_datasets([str(second), str(first)])
    assert both.source == f"{second} and {first}"
    assert both.classes == ("cat", "dog", "raccoon")
    assert both.examples == (
        Example(second / "cat/c.jpg", 0),
        Example(second / "dog/d.jpg", 1),
        Example(first / "dog/a.jpg", 1),
        Example(first / "raccoon/b.jpg", 2),
    )


def test_several_folders_of_numbered_classes_stay_ordered_as_numbers(tmp_path):
    first, second = touched(tmp_path / "a", "151/a.jpg", "9/b.jpg"), touched(tmp_path / "b", "30/c.jpg")
    assert open_datasets([str(first), str(second)]).classes == ("9", "30", "151")


def test_one_folder_is_what_it_is(tmp_path):
    folder = str(touched(tmp_path, "dog/a.jpg", "cat/b.jpg"))
    assert open_datasets([folder]) == open_dataset(folder)


def test_a_table_labels_one_folder_only(kaggle):
    folders = [str(kaggle / "train")] * 2
    with pytest.raises(DataError, match="--csv labels the pictures of one folder: give one --data, not 2"):
        open_datasets(folders, csv=kaggle / "labels.csv")
